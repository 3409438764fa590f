import { isTerminal } from "./phase";
import { ms, seconds } from "./time";

/** What an execution's and a node's closure say of when it ran. */
interface Closure {
  phase?: string;
  started_at?: string;
  updated_at?: string;
  duration?: string;
}

/** When something began and ended, in ms since the epoch; NaN where it has not come to that. What ended without a beginning ended when it was last changed. */
export function spanOf(closure: Closure | undefined): { startedAt: number; endedAt: number } {
  const startedAt = ms(closure?.started_at);
  if (!isTerminal(closure?.phase)) return { startedAt, endedAt: Number.NaN };
  return { startedAt, endedAt: Number.isFinite(startedAt) ? startedAt + 1000 * (seconds(closure?.duration) || 0) : ms(closure?.updated_at) };
}
