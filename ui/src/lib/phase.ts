import type { AttemptPhase, ExecutionPhase } from "@/idl";

/** What a phase means to a reader; each tone has a colour of text, one of ground, and a mark, so that none is told by colour alone. */
export type Tone = "good" | "bad" | "busy" | "warn" | "wait" | "hold" | "cached";

/** No phase of the wire, where it is RUNNING: a gate, or an execution, that waits for a person. */
export const ASKING = "ASKING";

const TONES: Record<string, Tone> = {
  SUCCEEDED: "good",
  RECOVERED: "cached",
  FAILED: "bad",
  FAILING: "bad",
  TIMED_OUT: "bad",
  RUNNING: "busy",
  DYNAMIC_RUNNING: "busy",
  SUCCEEDING: "busy",
  INITIALIZING: "busy",
  ABORTED: "warn",
  ABORTING: "warn",
  PAUSED: "hold",
  ASKING: "hold",
  SKIPPED: "wait",
  QUEUED: "wait",
  WAITING_FOR_RESOURCES: "wait",
  RETRYABLE_FAILED: "bad",
  UNDEFINED: "wait",
};

const WORDS: Record<string, string> = {
  ASKING: "Waits for an answer",
  DYNAMIC_RUNNING: "Running",
  WAITING_FOR_RESOURCES: "Waiting",
  RETRYABLE_FAILED: "Failed, retried",
  TIMED_OUT: "Timed out",
  UNDEFINED: "Not started",
};

const TERMINAL = new Set(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "SKIPPED", "RECOVERED", "RETRYABLE_FAILED"]);

export function toneOf(phase: string | undefined): Tone {
  return TONES[phase ?? "UNDEFINED"] ?? "wait";
}

/** "Succeeded"; a phase this page does not know is shown as the server writes it. */
export function phaseWords(phase: string | undefined): string {
  const name = phase ?? "UNDEFINED";
  return WORDS[name] ?? name.charAt(0) + name.slice(1).toLowerCase().replaceAll("_", " ");
}

export function isTerminal(phase: string | undefined): boolean {
  return TERMINAL.has(phase ?? "");
}

/** The phases a person filters executions by, in the order of their life. */
export const EXECUTION_PHASES: readonly ExecutionPhase[] = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"];

/** Phases of attempts by their number on the wire. */
export const ATTEMPT_PHASES: readonly AttemptPhase[] = [
  "UNDEFINED", "QUEUED", "RUNNING", "SUCCEEDED", "ABORTED", "FAILED", "INITIALIZING", "WAITING_FOR_RESOURCES", "RETRYABLE_FAILED",
];
