import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Alula, Identifier } from "@/idl";
import { idPath } from "@/lib/id";

// A version's code never changes.
const KEPT = { staleTime: Number.POSITIVE_INFINITY } as const;

function path(id: Identifier): string[] {
  return ["api/alula/v1/code", id.resource_type ?? "", ...idPath(id), id.version ?? ""];
}

/** The files that a version's tasks run. */
export function filesQuery(id: Identifier) {
  return queryOptions({ queryKey: ["code", ...path(id)], queryFn: ({ signal }) => get<Alula<"ListFilesResponse">>(path(id), {}, signal), ...KEPT });
}

/** One of them, as text. */
export function fileQuery(id: Identifier, file: string) {
  return queryOptions({ queryKey: ["code", ...path(id), "file", file], queryFn: ({ signal }) => get<Alula<"GetFileResponse">>([...path(id), "file"], { path: file }, signal), ...KEPT });
}
