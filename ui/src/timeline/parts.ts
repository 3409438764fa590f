import type { AttemptDetail } from "@/idl";
import { ms } from "@/lib/time";
import { isTerminal } from "@/lib/phase";

export const PART_NAMES = ["queued", "provisioning", "importing", "reading", "running", "writing", "reporting"] as const;
export type PartName = (typeof PART_NAMES)[number];

export interface Part {
  name: PartName;
  /** ms since the epoch. */
  from: number;
  to: number;
}

export const PART_WORDS: Record<PartName, string> = {
  queued: "waiting for a slot",
  provisioning: "getting a worker",
  importing: "importing the code",
  reading: "reading inputs",
  running: "running",
  writing: "writing outputs",
  reporting: "reporting the result",
};

/**
 * Where an attempt's time went, one part behind the other without gaps: together they are its wall clock. Of one that runs only what
 * lies behind it is known, so the rest up to `now` is what it does at present.
 */
export function partsOf(attempt: AttemptDetail, now: number): Part[] {
  const begin = ms(attempt.created_at);
  if (!Number.isFinite(begin)) return [];
  const hasEnded = attempt.ended_at !== undefined || isTerminal(attempt.phase);
  const end = attempt.ended_at === undefined ? Math.max(begin, hasEnded ? begin : now) : Math.max(begin, ms(attempt.ended_at));
  const { times } = attempt;
  const spans: [PartName, number][] = [
    ["queued", span(attempt.queued_us)],
    ["provisioning", span(attempt.provisioning_us)],
    ["importing", span(times?.import_us)],
    ["reading", span(times?.read_us)],
    ["running", span(times?.run_us)],
    ["writing", span(times?.write_us)],
  ];
  return hasEnded ? ended(spans, begin, end) : going(spans, attempt, begin, end);
}

function ended(spans: readonly [PartName, number][], begin: number, end: number): Part[] {
  const parts: Part[] = [];
  let at = begin;
  for (const [name, length] of spans) {
    // Clocks of the worker and of the server differ by a little: no part reaches beyond the end.
    const to = Math.min(end, at + length);
    if (to > at) parts.push({ name, from: at, to });
    at = to;
  }
  const isUnknown = spans.every(([, length]) => length === 0);
  if (end > at) parts.push({ name: isUnknown ? "running" : "reporting", from: at, to: end });
  return parts;
}

function going(spans: readonly [PartName, number][], attempt: AttemptDetail, begin: number, now: number): Part[] {
  const started = ms(attempt.started_at);
  const hasStarted = Number.isFinite(started) && attempt.phase !== "QUEUED" && attempt.phase !== "WAITING_FOR_RESOURCES";
  if (!hasStarted) return now > begin ? [{ name: "queued", from: begin, to: now }] : [];
  const parts: Part[] = [];
  let at = begin;
  for (const [name, length] of spans.slice(0, 2)) {
    const to = Math.min(now, at + length);
    if (to > at) parts.push({ name, from: at, to });
    at = to;
  }
  if (at < started && parts.length === 0) {
    parts.push({ name: "queued", from: at, to: Math.min(started, now) });
    at = Math.min(started, now);
  }
  if (now > at) parts.push({ name: "running", from: at, to: now });
  return parts;
}

/** ms of a number of µs. */
function span(us: string | number | undefined): number {
  return Math.max(0, Number(us ?? 0)) / 1000;
}
