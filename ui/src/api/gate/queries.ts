import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import { executionKeys } from "@/api/execution/keys";
import type { Alula, ExecutionId, Gate, Place } from "@/idl";
import { idPath } from "@/lib/id";
import { gateKeys } from "./keys";

/** Gates of an execution, with who answered them, what and when. `at` is what makes an answer stale. */
export function gatesQuery(id: ExecutionId, at: unknown) {
  return queryOptions({
    queryKey: [...executionKeys.one(id), "gates", at] as const,
    queryFn: ({ signal }) => readGates(id, signal),
    placeholderData: keepPreviousData,
  });
}

async function readGates(id: ExecutionId, signal: AbortSignal): Promise<Gate[]> {
  const found = await get<{ gates?: Gate[] }>(["api/alula/v1/gates", ...idPath(id)], {}, signal);
  return found.gates ?? [];
}

/** Gates that wait for an answer now, of every place unless one is given. */
export function waitingQuery(limit: number, place?: Place) {
  return queryOptions({
    queryKey: [...gateKeys.waiting, place, limit] as const,
    queryFn: ({ signal }) => get<Alula<"ListWaitingResponse">>(["api/alula/v1/waiting"], { ...place, limit }, signal),
    placeholderData: keepPreviousData,
  });
}
