import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Alula, Identifier, LaunchPlan, ResourceType, Task, Workflow } from "@/idl";
import { idPath } from "@/lib/id";
import { entityKeys } from "./keys";

type EntityPage = Alula<"EntityPage">;
type VersionPage = Alula<"VersionPage">;

export type EntityKind = "WORKFLOW" | "TASK" | "LAUNCH_PLAN";

export interface EntitySearch {
  project: string;
  domain: string;
  /** The name contains it, whatever the case. */
  text?: string;
  archived?: boolean;
  /** Their last runs are not shown, so they are not read. */
  without_runs?: boolean;
}

/** Names with their versions counted and their last runs, by name. */
export function entitiesQuery(kind: EntityKind, { project, domain, ...search }: EntitySearch, limit = 50) {
  return infiniteQueryOptions({
    queryKey: entityKeys.list(kind, { project, domain, ...search }, limit),
    queryFn: ({ pageParam, signal }) => readEntities(kind, { project, domain, ...search }, limit, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.token || undefined,
    placeholderData: keepPreviousData,
  });
}

export function readEntities(kind: ResourceType, { project, domain, ...search }: EntitySearch, limit: number, token: string, signal?: AbortSignal): Promise<EntityPage> {
  return get<EntityPage>(["api/alula/v1/entities", kind, project, domain], { ...search, limit, token }, signal);
}

/** Versions of a name, newest first. `id.version` is not looked at. */
export function versionsQuery(id: Identifier, limit = 50) {
  return infiniteQueryOptions({
    queryKey: entityKeys.versions(id, limit),
    queryFn: ({ pageParam, signal }) => readVersions(id, limit, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.token || undefined,
  });
}

export function readVersions(id: Identifier, limit: number, token: string, signal?: AbortSignal): Promise<VersionPage> {
  return get<VersionPage>(["api/alula/v1/versions", id.resource_type ?? "", ...idPath(id)], { limit, token }, signal);
}

const KEPT = { staleTime: Number.POSITIVE_INFINITY } as const;

function version<T>(prefix: string, id: Identifier) {
  return queryOptions({
    queryKey: entityKeys.version(id),
    queryFn: ({ signal }) => get<T>([prefix, ...idPath(id), id.version ?? ""], {}, signal),
    ...KEPT,
  });
}

export const workflowQuery = (id: Identifier) => version<Workflow>("api/v1/workflows", { ...id, resource_type: "WORKFLOW" });
export const taskQuery = (id: Identifier) => version<Task>("api/v1/tasks", { ...id, resource_type: "TASK" });
/** Its state may change, so it is of the changing ones. */
export function launchPlanQuery(id: Identifier) {
  return queryOptions({
    queryKey: [...entityKeys.named({ ...id, resource_type: "LAUNCH_PLAN" }), id.version],
    queryFn: ({ signal }) => get<LaunchPlan>(["api/v1/launch_plans", ...idPath(id), id.version ?? ""], {}, signal),
  });
}

/** The launch plans that run a version of a workflow, by name. */
export function plansQuery(workflow: Identifier) {
  const filters = `eq(workflow.name,${workflow.name ?? ""})+eq(workflow.version,${workflow.version ?? ""})`;
  return queryOptions({
    queryKey: [...entityKeys.all, "plans", workflow.project, workflow.domain, filters],
    queryFn: ({ signal }) =>
      get<{ launch_plans?: LaunchPlan[] }>(["api/v1/launch_plans", workflow.project ?? "", workflow.domain ?? ""], { filters, limit: 100 }, signal).then((page) => page.launch_plans ?? []),
  });
}

/** A name with its active version, its description and its last runs. */
export function entityQuery(kind: EntityKind, { project, domain, name }: Identifier) {
  return queryOptions({
    queryKey: [...entityKeys.named({ resource_type: kind, project, domain, name }), "entity"],
    queryFn: ({ signal }) => get<Alula<"Entity">>(["api/alula/v1/entities", kind, project ?? "", domain ?? "", name ?? ""], {}, signal),
  });
}
