import { put } from "@/api/client";
import type { Identifier } from "@/idl";
import { idPath } from "@/lib/id";

/** Makes a version of a launch plan the one that a launch by name runs. */
export function activateLaunchPlan(id: Identifier): Promise<unknown> {
  return put(["api/v1/launch_plans", ...idPath(id), id.version ?? ""], { id, state: "ACTIVE" });
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
