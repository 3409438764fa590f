import { post, put, remove } from "@/api/client";
import type { ExecutionId, ExecutionSpec, Identifier, LiteralMap } from "@/idl";
import { idPath } from "@/lib/id";

interface Created {
  id: ExecutionId;
}

export interface Launch {
  project: string;
  domain: string;
  /** Empty: the server makes one. */
  name?: string;
  spec: ExecutionSpec;
  inputs: LiteralMap;
}

export function launchExecution(launch: Launch): Promise<ExecutionId> {
  return post<Created>(["api/v1/executions"], launch).then((created) => created.id);
}

/** Ends a running execution; `cause` is kept with it. */
export function abortExecution(id: ExecutionId, cause: string): Promise<unknown> {
  return remove(["api/v1/executions", ...idPath(id)], { id, cause });
}

/** The same version with the same inputs once more. */
export function relaunchExecution(id: ExecutionId, overwriteCache = false): Promise<ExecutionId> {
  return post<Created>(["api/v1/executions/relaunch"], { id, overwrite_cache: overwriteCache }).then((created) => created.id);
}

/** Once more, with the results of what had succeeded. */
export function recoverExecution(id: ExecutionId): Promise<ExecutionId> {
  return post<Created>(["api/v1/executions/recover"], { id }).then((created) => created.id);
}

export interface Rerun {
  id: ExecutionId;
  name?: string;
  /** Ids of nodes; these and what follows are computed anew. */
  from_nodes?: string[];
  /** What succeeded is kept also without any. */
  keep_succeeded?: boolean;
  launch_plan?: Identifier;
  inputs?: LiteralMap;
  overwrite_cache?: boolean;
}

export function rerunExecution(rerun: Rerun): Promise<ExecutionId> {
  return post<Created>(["api/alula/v1/rerun"], rerun).then((created) => created.id);
}

export function archiveExecution(id: ExecutionId, isArchived: boolean): Promise<unknown> {
  const state = isArchived ? "EXECUTION_ARCHIVED" : "EXECUTION_ACTIVE";
  return put(["api/v1/executions", ...idPath(id)], { id, state });
}
