import type { EntityKind } from "@/api/entity/queries";
import type { Identifier } from "@/idl";

/** How a kind of entity is called, and where its pages are. */
export const ENTITY = {
  WORKFLOW: { one: "workflow", many: "workflows", title: "Workflows", list: "/workflows", page: "/workflows/$project/$domain/$name", launch: "workflow" },
  TASK: { one: "task", many: "tasks", title: "Tasks", list: "/tasks", page: "/tasks/$project/$domain/$name", launch: "task" },
  LAUNCH_PLAN: { one: "launch plan", many: "launch plans", title: "Launch plans", list: "/launch-plans", page: "/launch-plans/$project/$domain/$name", launch: "launch-plan" },
} as const satisfies Record<EntityKind, object>;

/** Which filter of executions finds the runs of an entity. */
export function runsOf(kind: EntityKind, name: string): { workflow?: string; task?: string; launch_plan?: string } {
  return kind === "WORKFLOW" ? { workflow: name } : kind === "TASK" ? { task: name } : { launch_plan: name };
}

/** The list of all executions, restricted to those of an entity, or of one version of it; as its address says it. */
export function listOf(kind: EntityKind, name: string, version?: string): { workflow?: string; task?: string; plan?: string; version?: string; children: true } {
  const { launch_plan: plan, ...filters } = runsOf(kind, name);
  return { ...filters, ...(plan && { plan }), ...(version && { version }), children: true };
}

/** The page of what an execution ran; a task launched by itself runs in a workflow that was made for it. */
export function pageOf({ resource_type, project = "", domain = "", name = "" }: Identifier) {
  const task = name.startsWith(".flytegen.") ? name.slice(".flytegen.".length) : resource_type === "TASK" ? name : undefined;
  return { to: task === undefined ? "/workflows/$project/$domain/$name" : "/tasks/$project/$domain/$name", params: { project, domain, name: task ?? name } } as const;
}
