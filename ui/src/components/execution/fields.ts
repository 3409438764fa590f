import type { Execution } from "@/idl";
import { ms, seconds } from "@/lib/time";

/** What lists show of an execution, read once from its message. Instants in ms since the epoch, NaN where there is none. */
export interface ExecutionFields {
  project: string;
  domain: string;
  name: string;
  phase: string;
  /** What it runs: the workflow, or the task that was launched by itself. */
  target: string;
  version: string;
  user: string;
  createdAt: number;
  startedAt: number;
  endedAt: number;
  labels: readonly [string, string][];
  tags: readonly string[];
  error: string;
  mode: string;
}

const ENDED = new Set(["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"]);

export function executionFields({ id, spec, closure }: Execution): ExecutionFields {
  const startedAt = ms(closure?.started_at);
  const plan = spec?.launch_plan;
  const target = plan?.resource_type === "TASK" ? plan : (closure?.workflow_id ?? plan);
  const hasEnded = ENDED.has(closure?.phase ?? "");
  return {
    project: id?.project ?? "",
    domain: id?.domain ?? "",
    name: id?.name ?? "",
    phase: closure?.phase ?? "UNDEFINED",
    target: target?.name ?? "",
    version: target?.version ?? "",
    user: spec?.metadata?.principal ?? "",
    createdAt: ms(closure?.created_at),
    startedAt,
    endedAt: hasEnded ? (Number.isFinite(startedAt) ? startedAt + seconds(closure?.duration) * 1000 : ms(closure?.updated_at)) : Number.NaN,
    labels: Object.entries(spec?.labels?.values ?? {}),
    tags: spec?.tags ?? [],
    error: closure?.error?.message ?? "",
    mode: spec?.metadata?.mode ?? "MANUAL",
  };
}

/** How long it took, or takes until `to`; from its creation where it never began. */
export function beganAt({ startedAt, createdAt }: ExecutionFields): number {
  return Number.isFinite(startedAt) ? startedAt : createdAt;
}
