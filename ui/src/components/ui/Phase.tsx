import clsx from "clsx";
import { AlertTriangle, Ban, Check, CircleDashed, CircleDot, Clock, Hand, Pause, Recycle, X } from "lucide-react";
import { ASKING, phaseWords, toneOf, type Tone } from "@/lib/phase";

export const TONE_TEXT: Record<Tone, string> = {
  good: "text-good",
  bad: "text-bad",
  busy: "text-busy",
  warn: "text-warn",
  wait: "text-wait",
  hold: "text-hold",
  cached: "text-cached",
};

export const TONE_GROUND: Record<Tone, string> = {
  good: "bg-good-ground",
  bad: "bg-bad-ground",
  busy: "bg-busy-ground",
  warn: "bg-warn-ground",
  wait: "bg-wait-ground",
  hold: "bg-hold-ground",
  cached: "bg-cached-ground",
};

const SIGNS: Record<string, typeof Check> = {
  SUCCEEDED: Check,
  RECOVERED: Recycle,
  FAILED: X,
  FAILING: X,
  RETRYABLE_FAILED: X,
  TIMED_OUT: Clock,
  RUNNING: CircleDot,
  DYNAMIC_RUNNING: CircleDot,
  SUCCEEDING: CircleDot,
  ABORTED: Ban,
  ABORTING: Ban,
  PAUSED: Pause,
  ASKING: Hand,
  SKIPPED: CircleDashed,
};

export function PhaseSign({ phase, className }: { phase: string | undefined; className?: string }) {
  const Sign = SIGNS[phase ?? ""] ?? CircleDashed;
  return <Sign aria-hidden className={clsx("size-3.5 shrink-0", TONE_TEXT[toneOf(phase)], className)} strokeWidth={2.5} />;
}

/** A phase as a word with its sign and colour; `isShort` where a column is no wider than most of them. */
export function PhaseBadge({ phase, isShort = false, className }: { phase: string | undefined; isShort?: boolean; className?: string }) {
  const tone = toneOf(phase);
  const words = phaseWords(phase);
  const shown = isShort && phase === ASKING ? "Waits" : words;
  return (
    <span
      data-phase={phase ?? "UNDEFINED"}
      title={shown === words ? undefined : words}
      className={clsx("inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap", TONE_TEXT[tone], TONE_GROUND[tone], className)}
    >
      <PhaseSign phase={phase} className="size-3" />
      {shown}
      {shown !== words && <span className="sr-only">{words.slice(shown.length)}</span>}
    </span>
  );
}

/** A short remark in a tone's colours, with the sign of a warning where it is one; `why` is said on hover. */
export function Remark({ tone, why, children }: { tone: Tone; why?: string; children: React.ReactNode }) {
  return (
    <span title={why} className={clsx("inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap", TONE_TEXT[tone], TONE_GROUND[tone])}>
      {tone === "warn" && <AlertTriangle aria-hidden className="size-3" />}
      {children}
    </span>
  );
}
