import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ArrowDown, ArrowUp, Bug, Download, Loader, Unplug, WrapText } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { IconButton } from "@/components/ui/Button";
import { actionOf } from "@/lib/shortcuts";
import { sizeInWords } from "@/lib/size";
import type { LogLines } from "@/log/lines";
import { messageOf } from "@/lib/messageOf";
import { SearchField } from "@/components/ui/SearchInput";
import { printable } from "@/lib/printable";
import { LogLine } from "./LogLine";

export interface LogViewProps {
  log: LogLines | undefined;
  /** Changes with what is held. */
  revision: number;
  /** More may come. */
  isLive: boolean;
  /** For now nothing is heard of what is added to it. */
  isLost: boolean;
  /** What is held reaches to the end, or did when it was read. */
  isTail: boolean;
  /** What went wrong while it was read; empty: nothing. */
  failure: string;
  /** What is held does not reach to the end. */
  hasMore: boolean;
  onEarlier: () => Promise<void>;
  onLater: () => Promise<void>;
  /** The reader wants to be at the end. */
  onEnd: () => void;
  /** Where a text or an error stands, held by then; -1: nowhere. */
  onFind: (text: string, fromLine: number, isBackwards: boolean) => Promise<number>;
  onFirstError: () => Promise<number>;
  /** Path of the whole log. */
  download: string;
  name: string;
  /** Begin at the first line that looks like an error. */
  atError: boolean;
}

const ROW = 18;
const NEAR_END = 40;

export function LogView(props: LogViewProps) {
  const { log, revision, isLive, failure, onEarlier, onLater, onFind, onFirstError, atError } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(!atError);
  const [isWrapped, setWrapped] = useState(true);
  const [marked, setMarked] = useState(-1);
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const isReading = useRef(false);
  /** Rows are measured and the view is moved by the page too: only a reader's own movement ends the following. */
  const isMoved = useRef(false);
  const lines = log?.lines ?? [];
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    // By where a line begins: what is read before it does not move it.
    getItemKey: (at) => log?.lines[at]?.offset ?? at,
    overscan: 20,
    useFlushSync: false,
  });

  const reveal = useCallback(
    (at: number) => {
      setFollows(false);
      setMarked(at);
      // Twice: the first time the rows around it are measured.
      requestAnimationFrame(() => {
        rows.scrollToIndex(at, { align: "center" });
        requestAnimationFrame(() => rows.scrollToIndex(at, { align: "center" }));
      });
    },
    [rows],
  );

  const height = rows.getTotalSize();
  useLayoutEffect(() => {
    const box = scroller.current;
    if (follows && box) box.scrollTop = box.scrollHeight;
  }, [revision, follows, height]);

  /** What was stopped because something else is looked at is no failure. */
  const unread = useCallback((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "AbortError")) setNote(messageOf(error));
  }, []);

  const hasJumped = useRef(false);
  useEffect(() => {
    if (!atError || hasJumped.current || !log || lines.length === 0) return;
    hasJumped.current = true;
    onFirstError().then(
      (at) => (at >= 0 ? reveal(at) : setFollows(true)),
      unread,
    );
  }, [atError, log, lines.length, onFirstError, reveal, unread]);

  async function earlier(): Promise<void> {
    if (isReading.current || !log || log.start <= 0) return;
    isReading.current = true;
    // The line at the upper edge stays where it is: by its byte, as its number changes and it may get a beginning.
    const box = scroller.current;
    const first = rows.getVirtualItems().find((item) => item.end > (box?.scrollTop ?? 0));
    const edge = log.lines[first?.index ?? 0]?.offset ?? log.start;
    const beyond = (box?.scrollTop ?? 0) - (first?.start ?? 0);
    try {
      await onEarlier();
      requestAnimationFrame(() => {
        rows.scrollToIndex(Math.max(0, log.indexOf(edge)), { align: "start" });
        requestAnimationFrame(() => box?.scrollBy(0, beyond));
      });
    } catch (error) {
      unread(error);
    } finally {
      isReading.current = false;
    }
  }

  async function later(): Promise<void> {
    if (isReading.current) return;
    isReading.current = true;
    await onLater().catch(unread);
    isReading.current = false;
  }

  function onScroll(): void {
    const box = scroller.current;
    if (!box) return;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (isAtEnd) isMoved.current = false;
    else if (follows && isMoved.current) setFollows(false);
    if (!isMoved.current && follows) return;
    if (box.scrollTop < 400 && isMoved.current) void earlier();
    else if (isAtEnd && props.hasMore) void later();
  }

  async function find(isBackwards: boolean): Promise<void> {
    if (!text) return;
    setNote("searching");
    try {
      const at = await onFind(text, marked < 0 ? (isBackwards ? lines.length - 1 : 0) : marked + (isBackwards ? -1 : 1), isBackwards);
      setNote(at < 0 ? (marked < 0 ? "not found" : "no more") : "");
      if (at >= 0) reveal(at);
      else setMarked(-1); // once more begins anew
    } catch (error) {
      unread(error);
    }
  }

  async function firstError(): Promise<void> {
    setNote("searching");
    try {
      const at = await onFirstError();
      setNote(at < 0 ? "nothing looks like an error" : "");
      if (at >= 0) reveal(at);
    } catch (error) {
      unread(error);
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    const action = actionOf("log", event);
    if (!action) return;
    event.preventDefault();
    void find(action === "previous");
  }

  return (
    <div className="flex h-full min-h-64 flex-col">
      <div className="flex flex-wrap items-center gap-1 border-b border-line px-2 py-1">
        <div className="grid min-w-28 flex-1">
          <SearchField
            label="Search the log"
            placeholder="Search"
            value={text}
            onChange={(typed) => {
              setText(typed);
              setNote("");
              setMarked(-1);
            }}
            onKeyDown={onKeyDown}
            className="!h-7 !text-xs"
          />
        </div>
        <span role="status" className="text-xs text-ink-2">
          {note}
        </span>
        <IconButton size="small" label="The match before (Shift+Enter)" onClick={() => void find(true)}>
          <ArrowUp aria-hidden className="size-3.5" />
        </IconButton>
        <IconButton size="small" label="The next match (Enter)" onClick={() => void find(false)}>
          <ArrowDown aria-hidden className="size-3.5" />
        </IconButton>
        <IconButton size="small" label="Jump to the first error" onClick={() => void firstError()}>
          <Bug aria-hidden className="size-3.5" />
        </IconButton>
        <IconButton size="small" label="Wrap long lines" aria-pressed={isWrapped} className={isWrapped ? "!text-accent" : ""} onClick={() => setWrapped(!isWrapped)}>
          <WrapText aria-hidden className="size-3.5" />
        </IconButton>
        <label className="inline-flex h-7 items-center gap-1.5 px-1 text-xs">
          <input type="checkbox" className="size-3.5 accent-accent" checked={follows} onChange={(event) => {
              setFollows(event.target.checked);
              if (event.target.checked) props.onEnd();
            }}
          />
          Follow
        </label>
        <a href={props.download} download={props.name} aria-label="Download the log" title="Download the log" className="grid size-7 place-items-center rounded-md text-ink-2 hover:bg-ground-3 hover:text-ink">
          <Download aria-hidden className="size-3.5" />
        </a>
      </div>
      {failure && (
        <p role="alert" className="border-b border-line bg-bad-ground px-3 py-1.5 text-xs break-words text-bad">
          {printable(failure)}
        </p>
      )}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- whether the reader moved it */}
      <div
        ref={scroller}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
        tabIndex={0} role="log"
        aria-label="Log"
        aria-live="off"
        onScroll={onScroll}
        onWheel={() => (isMoved.current = true)}
        onTouchMove={() => (isMoved.current = true)}
        onPointerDown={() => (isMoved.current = true)}
        onKeyDown={() => (isMoved.current = true)}
         className="min-h-0 flex-1 overflow-auto bg-ground-2 py-1 font-mono text-xs">
        {log && lines.length === 0 && !failure && <p className="px-3 py-2 font-sans text-ink-2">{isLive ? "Nothing has been written yet." : "Nothing was written."}</p>}
        <div className={clsx("relative", isWrapped ? "w-full" : "w-max min-w-full")} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return line ? (
              <div key={item.key} ref={rows.measureElement} data-index={item.index} className="absolute top-0 left-0 w-full" style={{ transform: `translateY(${item.start}px)` }}>
                <LogLine text={line.text} isMarked={item.index === marked} found={text} isWrapped={isWrapped} />
              </div>
            ) : null;
          })}
        </div>
      </div>
      <p className="flex items-center gap-2 border-t border-line px-3 py-1 text-xs text-ink-2">
        {isLive && (props.isLost ? <Unplug aria-hidden className="size-3 text-warn" /> : <Loader aria-hidden className="size-3 animate-spin text-busy" />)}
        <span className={isLive && props.isLost ? "text-warn" : ""}>{standing(props)}</span>
        {log && <span className="ml-auto">{log.start > 0 ? `${sizeInWords(log.end - log.start)} of ${sizeInWords(log.end)} read; more above` : sizeInWords(log.end)}</span>}
      </p>
    </div>
  );
}

function standing({ isLive, isLost, isTail, failure }: LogViewProps): string {
  if (isLive) return isLost ? "not live: the server is not heard, and tried again" : "live";
  return failure ? "not read further" : isTail ? "ended" : "a part of it; Follow leads to its end";
}
