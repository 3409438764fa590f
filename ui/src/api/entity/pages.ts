import type { Listing } from "@/api/pages";
import type { Alula, Entity, ResourceType, Version } from "@/idl";
import type { entityKeys } from "./keys";
import { readEntities, readVersions, type EntitySearch } from "./queries";

export const ENTITIES: Listing<Alula<"EntityPage">, Entity> = {
  rowsOf: ({ entities = [] }) => entities,
  withRows: (page, entities) => ({ ...page, entities }),
  nameOf: ({ latest }) => latest?.name ?? "",
  read: (key, token) => {
    const [, , kind, search, limit] = key as readonly [string, string, ResourceType, EntitySearch, number];
    return readEntities(kind, search, limit, token);
  },
};

export const VERSIONS: Listing<Alula<"VersionPage">, Version> = {
  rowsOf: ({ versions = [] }) => versions,
  withRows: (page, versions) => ({ ...page, versions }),
  nameOf: ({ id }) => id?.version ?? "",
  read: (key, token) => {
    const [, , resource_type, project, domain, name, limit] = key as ReturnType<typeof entityKeys.versions>;
    return readVersions({ resource_type, project, domain, name }, limit, token);
  },
};
