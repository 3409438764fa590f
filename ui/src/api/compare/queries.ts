import { queryOptions } from "@tanstack/react-query";
import { post } from "@/api/client";
import type { Alula, ExecutionId } from "@/idl";
import { idText } from "@/lib/id";
import { compareKeys } from "./keys";

/** Executions side by side, in the order in which they are asked for; 2 to 100. */
export function compareQuery(ids: readonly ExecutionId[]) {
  return queryOptions({
    queryKey: compareKeys.of(ids.map(idText)),
    queryFn: () => post<Alula<"CompareExecutionsResponse">>(["api/alula/v1/compare"], { ids }).then(({ executions = [] }) => executions),
    enabled: ids.length >= 2,
  });
}
