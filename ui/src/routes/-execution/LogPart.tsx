import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { findInLog, followLog, logAddress, readLog, type LogPlace } from "@/api/log/reader";
import { messageOf } from "@/lib/messageOf";
import { LogView } from "@/components/log/LogView";
import { findLine, LogLines, looksLikeError } from "@/log/lines";

/** A log opens at its end with so much of it. */
const TAIL = 256 * 1024;
const STEP = 256 * 1024;
/** If more was written while nobody looked, or less is there than was, it is opened anew at its end. */
const MOST_MISSED = 4 << 20;
/** Before a place that was found so much is shown. */
const LEAD = 16 * 1024;

/** The log of one attempt: followed from its end, read towards its beginning, searched as a whole. */
export function LogPart({ place, atError }: { place: LogPlace; atError: boolean }) {
  const key = JSON.stringify(place);
  const mine = useMemo<LogPlace>(() => JSON.parse(key) as LogPlace, [key]);
  return <OneLog key={key} place={mine} atError={atError} />;
}

function OneLog({ place, atError }: { place: LogPlace; atError: boolean }) {
  const [log, setLog] = useState<LogLines>();
  const [revision, setRevision] = useState(0);
  const [isLive, setLive] = useState(true);
  const [isLost, setLost] = useState(false);
  const [failure, setFailure] = useState("");
  /** Whether what is held reaches to the end and is added to. */
  const [isTail, setTail] = useState(true);
  const [round, setRound] = useState(0);
  const held = useRef<LogLines>(undefined);
  const size = useRef(0);
  const control = useRef(new AbortController());
  const following = useRef<() => void>(undefined);
  const searching = useRef(new AbortController());
  const renew = useCallback(() => setRevision((before) => before + 1), []);

  useEffect(() => {
    control.current = new AbortController();
    let mine: LogLines | undefined;
    let frame = 0;
    setLive(true);
    setLost(false);
    setTail(true);
    setFailure("");
    const close = followLog(place, {
      from: () => (mine?.end ? { offset: mine.end } : { tail: TAIL }),
      onBegin: (offset, length) => {
        setLost(false);
        size.current = length;
        const isFurther = mine !== undefined && mine.end > 0 && mine.end === offset;
        if (isFurther && length >= offset && length - offset <= MOST_MISSED) return true;
        mine = isFurther ? undefined : new LogLines(offset);
        if (!mine) return false;
        held.current = mine;
        setLog(mine);
        return true;
      },
      onPart: (bytes) => {
        mine?.append(bytes);
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          renew();
        });
      },
      onLost: () => setLost(true),
      onEnd: () => setLive(false),
      onRefused: (error) => {
        setLive(false);
        setFailure(messageOf(error));
      },
    });
    following.current = close;
    return () => {
      close();
      control.current.abort();
      searching.current.abort();
      cancelAnimationFrame(frame);
    };
  }, [place, renew, round]);

  const onEarlier = useCallback(async () => {
    const now = held.current;
    if (!now || now.start <= 0) return;
    const from = Math.max(0, now.start - STEP);
    const part = await readLog(place, from, now.start, control.current.signal);
    // Of a log that grew meanwhile the earliest part may be gone.
    if (now.start !== from + part.bytes.length) return;
    now.prepend(part.bytes);
    renew();
  }, [place, renew]);

  const onLater = useCallback(async () => {
    const now = held.current;
    if (!now) return;
    const part = await readLog(place, now.end, now.end + STEP, control.current.signal);
    size.current = Math.max(size.current, part.size);
    now.append(part.bytes);
    renew();
  }, [place, renew]);

  /** Holds the surroundings of a byte, wherever it is, instead of what was held. */
  const goTo = useCallback(
    async (offset: number): Promise<number> => {
      const known = held.current?.indexOf(offset) ?? -1;
      if (known >= 0) return known;
      const from = Math.max(0, offset - LEAD);
      const part = await readLog(place, from, from + STEP, control.current.signal);
      following.current?.();
      const made = new LogLines(from);
      made.append(part.bytes);
      held.current = made;
      setTail(false);
      setLive(false);
      setLog(made);
      renew();
      return made.indexOf(offset);
    },
    [place, renew],
  );

  /** A search goes through all of a log, which may take a while: the one before ends, as does the last when nobody looks any more. */
  const search = useCallback(
    (wanted: Parameters<typeof findInLog>[1]) => {
      searching.current.abort();
      searching.current = new AbortController();
      return findInLog(place, wanted, searching.current.signal);
    },
    [place],
  );

  const onFind = useCallback(
    async (text: string, fromLine: number, isBackwards: boolean): Promise<number> => {
      const now = held.current;
      // Before anything of it was read, too, the server says where it stands.
      const near = now ? findLine(now.lines, text, fromLine, isBackwards) : -1;
      if (near >= 0) return near;
      const isAtSide = !now || (isBackwards ? now.start <= 0 : now.end >= size.current);
      const found = isAtSide ? undefined : await search({ text, from: isBackwards ? now.start : now.end, backwards: isBackwards });
      if (found) return goTo(found.offset);
      // A search that begins looks at all of it, and a log opens at its end.
      if (isBackwards || fromLine > 0 || (now && now.start <= 0)) return -1;
      const first = await search({ text, from: 0 });
      return first ? goTo(first.offset) : -1;
    },
    [search, goTo],
  );

  const onFirstError = useCallback(async (): Promise<number> => {
    const now = held.current;
    const near = now && now.start <= 0 ? now.lines.findIndex((line) => looksLikeError(line.text)) : -1;
    // Held may be its beginning alone.
    if (near >= 0 || (now && now.start <= 0 && now.end >= size.current)) return near;
    const found = await search({ pattern: "error", from: 0 });
    return found ? goTo(found.offset) : -1;
  }, [search, goTo]);

  return (
    <LogView
      log={log}
      revision={revision}
      isLive={isLive}
      isLost={isLost}
      isTail={isTail}
      hasMore={!isTail && (log?.end ?? 0) < size.current}
      failure={failure}
      onEarlier={onEarlier}
      onLater={onLater}
      onEnd={() => !isTail && setRound(round + 1)}
      onFind={onFind}
      onFirstError={onFirstError}
      download={logAddress(place)}
      name={`${place.id.name ?? "log"}-${place.nodeId}-${place.attempt}${place.item >= 0 ? `-${place.item}` : ""}.log`}
      atError={atError}
    />
  );
}
