import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ChevronDown, ChevronRight, Maximize, Minus, Plus, Recycle } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { IconButton } from "@/components/ui/Button";
import { focusInList, nextIndex } from "@/components/ui/listNavigation";
import { PhaseSign } from "@/components/ui/Phase";
import { Empty } from "@/components/ui/State";
import { phaseWords } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { inWords } from "@/lib/time";
import { isFoldedIn, VisibleRows, ticks, type Span, type TimelineRow } from "@/timeline/layout";
import { PART_NAMES, PART_WORDS } from "@/timeline/parts";
import { PART_COLORS } from "./PartsBar";

const ROW = 28;
const NARROW = 640;
/** Closer nothing is looked at: the scale's marks are milliseconds. */
const LEAST_MS = 5;

/** A part of the whole that is looked at, from 0 to 1. */
interface Window {
  from: number;
  to: number;
}

const WHOLE: Window = { from: 0, to: 1 };

/** When what ran: a row a node, a bar an attempt, the bar in the parts that its time went into. */
export function Timeline({ rows, span: all, items, now, selected, onOpen, onSeen, bars, look }: {
  rows: readonly TimelineRow[];
  /** From the first beginning to the last end. */
  span: Span;
  /** How many items a map has, as far as that is known. */
  items: (nodeId: string) => number;
  /** While it runs. */
  now: number | undefined;
  selected: string | undefined;
  onOpen: (nodeId: string, where?: { item?: number; attempt?: number }) => void;
  /** Which rows are in view. */
  onSeen: (rows: readonly TimelineRow[]) => void;
  /** What is drawn in a row, `window` being the time that is looked at. */
  bars: (row: TimelineRow, window: Span) => ReactNode;
  /** Phase of a row, and whether the cache answered, as far as they are known. */
  look: (row: TimelineRow) => Pick<TimelineRow, "phase" | "isCached">;
}) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [window_, setWindow] = useState<Window>(WHOLE);
  const [width, setWidth] = useState(900);
  const scroller = useRef<HTMLDivElement>(null);
  const visible = useMemo(() => new VisibleRows(rows, toggled, items), [rows, toggled, items]);
  const list = useVirtualizer({ count: visible.count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12, useFlushSync: false });
  const names = width < NARROW ? 120 : 240;
  const span = all.to - all.from;
  const least = Math.min(1, LEAST_MS / span);
  const from = all.from + window_.from * span;
  const to = all.from + window_.to * span;
  const share = (at: number) => ((at - from) / (to - from)) * 100;
  const shown = list.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    const seen: TimelineRow[] = [];
    for (let at = first; at <= last; at++) {
      const row = visible.at(at);
      if (row) seen.push(row);
    }
    onSeen(seen);
  }, [visible, first, last, onSeen]);

  const isEmpty = rows.length === 0;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    // Not by React: its listeners may not stop the page from being zoomed.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const area = element.getBoundingClientRect();
      const at = Math.max(0, Math.min(1, (event.clientX - area.left - names) / (area.width - names)));
      setWindow((before) => (event.shiftKey ? moved(before, (event.deltaY || event.deltaX) / 800) : zoomed(before, event.deltaY > 0 ? 1.25 : 0.8, at, least)));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", onWheel);
    };
  }, [names, isEmpty, least]);

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const next = row ? nextIndex(event, Number(row.dataset["index"]), visible.count) : undefined;
    if (next === undefined) return;
    event.preventDefault();
    focusInList(scroller.current, `[data-index="${next}"] button[data-node-id]`, () => list.scrollToIndex(next));
  }

  if (isEmpty) return <Empty title="Nothing has run yet" />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5">
        <div className="flex rounded-md border border-line">
          <IconButton size="small" label="Zoom in" onClick={() => setWindow(zoomed(window_, 0.6, 0.5, least))}>
            <Plus aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton size="small" label="Zoom out" onClick={() => setWindow(zoomed(window_, 1.7, 0.5, least))}>
            <Minus aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton size="small" label="Show all of it" onClick={() => setWindow(WHOLE)}>
            <Maximize aria-hidden className="size-3.5" />
          </IconButton>
        </div>
        <ul aria-label="Parts" className="flex flex-wrap gap-x-3 text-xs text-ink-2">
          {PART_NAMES.map((name) => (
            <li key={name} className="inline-flex items-center gap-1">
              <span aria-hidden className={`size-2 rounded-xs ${PART_COLORS[name]}`} />
              {PART_WORDS[name]}
            </li>
          ))}
        </ul>
        <span className="ml-auto hidden text-xs text-ink-2 lg:inline">Ctrl and wheel zoom, Shift and wheel move</span>
      </div>
      <Scale from={(from - all.from) / 1000} to={(to - all.from) / 1000} names={names} width={width} />
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions -- its rows' buttons have the focus, this moves among them */}
      <div ref={scroller} onKeyDown={onKeyDown} data-timeline="" className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto">
        <div role="list" aria-label="Timeline" className="relative" style={{ height: list.getTotalSize() }}>
          {now !== undefined && now >= from && now <= to && (
            <div aria-hidden className="pointer-events-none absolute inset-y-0 z-10 w-px bg-bad" style={{ left: `calc(${names}px + (100% - ${names}px) * ${share(now) / 100})` }} title="now" />
          )}
          {shown.map((item) => {
            const laid = visible.at(item.index);
            if (!laid) return null;
            const row = { ...laid, ...look(laid) };
            const isFolded = isFoldedIn(row, toggled);
            return (
              <div
                key={row.key}
                role="listitem"
                data-index={item.index}
                className={clsx("absolute top-0 left-0 flex w-full items-center border-b border-line/60 hover:bg-ground-2", row.nodeId === selected && "bg-accent-ground")}
                style={{ height: ROW, transform: `translateY(${item.start}px)` }}
              >
                <Name row={row} width={names} isFolded={isFolded} onToggle={() => setToggled(flipped(toggled, row.key))} onOpen={onOpen} />
                <div className="relative h-full min-w-0 flex-1 overflow-hidden">
                  {bars(row, { from, to })}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function flipped(all: ReadonlySet<string>, one: string): Set<string> {
  const next = new Set(all);
  if (!next.delete(one)) next.add(one);
  return next;
}

function zoomed(window: Window, factor: number, at: number, least: number): Window {
  const middle = window.from + (window.to - window.from) * at;
  const size = Math.min(1, Math.max(least, (window.to - window.from) * factor));
  const from = Math.max(0, Math.min(1 - size, middle - size * at));
  return { from, to: from + size };
}

function moved(window: Window, share: number): Window {
  const size = window.to - window.from;
  const from = Math.max(0, Math.min(1 - size, window.from + share * size));
  return { from, to: from + size };
}

function Scale({ from, to, names, width }: { from: number; to: number; names: number; width: number }) {
  return (
    <div aria-hidden className="relative h-5 shrink-0 border-y border-line bg-ground-2 text-[11px] text-ink-2" style={{ marginLeft: names }}>
      {ticks(from, to, Math.max(2, Math.floor((width - names) / 90))).map((at) => (
        <span key={at} className="absolute top-0.5 border-l border-line-2 pl-1 whitespace-nowrap tabular-nums" style={{ left: `${((at - from) / (to - from)) * 100}%` }}>
          {at === 0 ? "0" : inWords(at)}
        </span>
      ))}
    </div>
  );
}

function Name({ row, width, isFolded, onToggle, onOpen }: { row: TimelineRow; width: number; isFolded: boolean; onToggle: () => void; onOpen: (nodeId: string, where?: { item?: number }) => void }) {
  const Sign = isFolded ? ChevronRight : ChevronDown;
  const name = printable(row.name, 80);
  return (
    <div className="flex shrink-0 items-center gap-1 pr-2 text-sm" style={{ width, paddingLeft: 8 + row.depth * 12 }}>
      {row.isFoldable ? (
        <button type="button" aria-expanded={!isFolded} aria-label={`${isFolded ? "Unfold" : "Fold"} ${name}`} onClick={onToggle} className="grid size-5 shrink-0 place-items-center rounded hover:bg-ground-3">
          <Sign aria-hidden className="size-3.5" />
        </button>
      ) : (
        <span className="size-5 shrink-0" />
      )}
      {row.isCached ? <Recycle aria-label="from the cache" className="size-3.5 shrink-0 text-cached" /> : <PhaseSign phase={row.phase} />}
      <button
        type="button"
        data-node-id={row.nodeId}
        onClick={() => onOpen(row.nodeId, row.item === undefined ? undefined : { item: row.item })}
        className="min-w-0 truncate text-left hover:text-accent hover:underline"
        title={`${name}, ${phaseWords(row.phase).toLowerCase()}`}
      >
        {name}
      </button>
    </div>
  );
}
