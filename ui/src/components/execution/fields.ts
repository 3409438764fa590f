import type { Execution, Identifier } from "@/idl";
import { spanOf } from "@/lib/span";
import { ms } from "@/lib/time";

/** What lists show of an execution, read once from its message. Instants in ms since the epoch, NaN where there is none. */
export interface ExecutionFields {
  project: string;
  domain: string;
  name: string;
  phase: string;
  /** What it runs: the workflow, or the task that was launched by itself. */
  target: string;
  targetId: Identifier;
  version: string;
  user: string;
  createdAt: number;
  startedAt: number;
  endedAt: number;
  labels: readonly [string, string][];
  tags: readonly string[];
  error: string;
}

export function executionFields({ id, spec, closure }: Execution): ExecutionFields {
  const plan = spec?.launch_plan;
  const target = plan?.resource_type === "TASK" ? plan : (closure?.workflow_id ?? plan);
  return {
    project: id?.project ?? "",
    domain: id?.domain ?? "",
    name: id?.name ?? "",
    phase: closure?.phase ?? "UNDEFINED",
    target: target?.name ?? "",
    targetId: target ?? {},
    version: target?.version ?? "",
    user: spec?.metadata?.principal ?? "",
    createdAt: ms(closure?.created_at),
    ...spanOf(closure),
    labels: Object.entries(spec?.labels?.values ?? {}),
    tags: spec?.tags ?? [],
    error: closure?.error?.message ?? "",
  };
}

/** How long it took, or takes until `to`; from its creation where it never began. */
export function beganAt({ startedAt, createdAt }: ExecutionFields): number {
  return Number.isFinite(startedAt) ? startedAt : createdAt;
}
