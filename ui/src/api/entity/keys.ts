import type { Identifier, ResourceType } from "@/idl";

export const entityKeys = {
  all: ["entities"] as const,
  list: (kind: ResourceType, search: unknown, limit: number) => ["entities", "list", kind, search, limit] as const,
  versions: (id: Identifier, limit: number) => ["entities", "versions", id.resource_type, id.project, id.domain, id.name, limit] as const,
  named: (id: Identifier) => ["entities", "named", id.resource_type, id.project, id.domain, id.name] as const,
  /** A version never changes: it is kept, and no change of others concerns it. */
  version: (id: Identifier) => ["version", id.resource_type, id.project, id.domain, id.name, id.version] as const,
};
