import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Alula, ExecutionId } from "@/idl";
import { idText } from "@/lib/id";

/** Whose metric: an attempt of a node, or of a map's item (`item` is its index plus one; 0: no item). */
export interface Teller {
  execution: ExecutionId;
  nodeId: string;
  attempt: number;
  item: number;
}

/** Every point of some metrics of one attempt; `points` is how many there are, so that new ones are read. */
export function seriesQuery({ execution, nodeId, attempt, item }: Teller, names: readonly string[], points: number | string = 0) {
  const { project = "", domain = "", name = "" } = execution;
  return queryOptions({
    queryKey: ["series", idText(execution), nodeId, attempt, item, names, points],
    queryFn: ({ signal }) =>
      get<Alula<"GetSeriesResponse">>(["api/alula/v1/series", project, domain, name, nodeId, String(attempt)], { item, names }, signal).then(
        ({ series = [] }) => series,
      ),
  });
}
