import { put } from "@/api/client";
import type { Identifier } from "@/idl";
import { idPath } from "@/lib/id";

/** Makes a version of a launch plan the one that a launch by name runs. */
export function activateLaunchPlan(id: Identifier): Promise<unknown> {
  return put(["api/v1/launch_plans", ...idPath(id), id.version ?? ""], { id, state: "ACTIVE" });
}

/** Makes it active no more, so that a launch by name runs the newest again. */
export function deactivateLaunchPlan(id: Identifier): Promise<unknown> {
  return put(["api/v1/launch_plans", id.project ?? "", id.domain ?? "", id.name ?? "", id.version ?? ""], { id, state: "INACTIVE" });
}

/** Puts a name away from lists, or back; nothing is deleted, and `description` is kept as it is given. */
export function archiveEntity(id: Identifier, isArchived: boolean, description: string): Promise<unknown> {
  const { resource_type, project, domain, name } = id;
  const state = isArchived ? "NAMED_ENTITY_ARCHIVED" : "NAMED_ENTITY_ACTIVE";
  return put(["api/v1/named_entities", resource_type ?? "", project ?? "", domain ?? "", name ?? ""], {
    resource_type,
    id: { project, domain, name },
    metadata: { description, state },
  });
}
