import clsx from "clsx";
import type { Alula } from "@/idl";
import { phaseWords, toneOf } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { count } from "@/lib/size";
import { inWords } from "@/lib/time";
import type { Bar, Span, TimelineRow } from "@/timeline/layout";
import { PART_WORDS } from "@/timeline/parts";
import { PART_COLORS } from "./PartsBar";

const BAR_TONES = { good: "bg-good/25", bad: "bg-bad/25", busy: "bg-busy/25", warn: "bg-warn/25", wait: "bg-line", hold: "bg-hold/25", cached: "bg-cached/25" } as const;

export function BarView({ bar, row, left, right, onOpen }: { bar: Bar; row: TimelineRow; left: number; right: number; onOpen: (nodeId: string, where?: { item?: number; attempt?: number }) => void }) {
  if (right < 0 || left > 100) return null;
  const span = bar.to - bar.from;
  const words = barWords(bar, row);
  if (row.isCached) {
    return <span title={words} className="absolute top-2 size-3 rotate-45 rounded-xs border border-cached bg-cached-ground" style={{ left: `calc(${left}% - 6px)` }} />;
  }
  return (
    <button
      type="button"
      aria-label={words}
      title={words}
      tabIndex={-1}
      data-attempt={bar.attempt}
      onClick={() => onOpen(row.nodeId, { item: row.item, attempt: bar.attempt < 0 ? undefined : bar.attempt })}
      className={clsx("absolute top-1.5 flex h-4 min-w-0.5 overflow-hidden rounded-xs", bar.parts.length === 0 && BAR_TONES[toneOf(bar.phase)], toneOf(bar.phase) === "bad" && "outline-1 outline-bad outline-solid")}
      style={{ left: `${left}%`, width: `${right - left}%` }}
    >
      {bar.parts.map((part) => (
        <span key={part.name} className={clsx("h-full", PART_COLORS[part.name])} style={{ width: `${((part.to - part.from) / span) * 100}%` }} />
      ))}
    </button>
  );
}

function barWords(bar: Bar, row: TimelineRow): string {
  const head = `${printable(row.name, 80)}${bar.attempt > 0 ? `, attempt ${bar.attempt}` : ""}: ${phaseWords(bar.phase).toLowerCase()}, ${inWords((bar.to - bar.from) / 1000)}`;
  if (row.isCached) return `${printable(row.name, 80)}: from the cache`;
  return [head, ...bar.parts.map((part) => `${PART_WORDS[part.name]} ${inWords((part.to - part.from) / 1000)}`)].join("\n");
}

/** When the items of a map ran: how many of them in each stretch of time, and how many failed in it. */
export function ItemsBar({ spans, row, window, onOpen }: { spans: Alula<"ItemSpansResponse">; row: TimelineRow; window: Span; onOpen: (nodeId: string) => void }) {
  const { running = [], failed = [], size = 0, attempts } = spans;
  const begin = Date.parse(spans.begin ?? "");
  const end = Date.parse(spans.end ?? "");
  if (!Number.isFinite(begin) || running.length === 0 || end < window.from || begin > window.to) return null;
  const most = Math.max(1, ...running);
  const bad = failed.reduce((sum, each) => sum + each, 0);
  const share = (at: number) => ((at - window.from) / (window.to - window.from)) * 100;
  const words = [
    `${printable(row.name, 80)}: ${count(size)} items, ${inWords((end - begin) / 1000)}`,
    `${count(attempts)} attempts, at most ${count(most)} of them within ${inWords((end - begin) / running.length / 1000)}`,
    ...(bad > 0 ? [`${count(bad)} failed`] : []),
  ].join("\n");
  return (
    <button
      type="button"
      aria-label={words}
      title={words}
      tabIndex={-1}
      data-items={size}
      onClick={() => onOpen(row.nodeId)}
      className={clsx("absolute inset-y-1 min-w-0.5 overflow-hidden rounded-xs bg-ground-3", toneOf(row.phase) === "bad" && "outline-1 outline-bad outline-solid")}
      style={{ left: `${share(begin)}%`, width: `${share(end) - share(begin)}%` }}
    >
      <svg aria-hidden viewBox={`0 0 ${running.length} 1`} preserveAspectRatio="none" className="size-full">
        <path d={steps(running, most)} className="fill-busy" />
        <path d={steps(failed, most)} className="fill-bad" />
      </svg>
    </button>
  );
}

/** Columns side by side from the ground up, as one path; one that is not empty is seen. */
function steps(values: readonly number[], most: number): string {
  const LEAST = 0.06;
  const columns = values.map((value, at) => (value > 0 ? `M${at} 1V${1 - Math.max(LEAST, value / most)}H${at + 1}V1Z` : ""));
  return columns.join("");
}
