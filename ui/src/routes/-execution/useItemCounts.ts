import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { itemsQuery } from "@/api/run/queries";
import type { RunState } from "@/api/run/store";
import type { ItemCounts } from "@/components/graph/Finder";
import type { ExecutionId } from "@/idl";

/** How many items maps of a run have, read for those that are asked about. */
export function useItemCounts(id: ExecutionId, run: RunState): ItemCounts {
  const [asked, setAsked] = useState<ReadonlySet<string>>(new Set());
  const reached = [...asked].filter((nodeId) => (run.nodes.get(nodeId)?.closure?.phase ?? "QUEUED") !== "QUEUED");
  const found = useQueries({
    queries: reached.map((nodeId) => itemsQuery(id, nodeId, run.nodes.get(nodeId)?.closure?.phase)),
    combine: (queries) => JSON.stringify(queries.flatMap(({ data }, at) => (data ? [[reached[at], data.size]] : []))),
  });
  const waiting = [...asked].filter((nodeId) => !reached.includes(nodeId)).join("|");
  const counts = useMemo(() => new Map([...(JSON.parse(found) as [string, number][]), ...waiting.split("|").map((nodeId) => [nodeId, 0] as const)]), [found, waiting]);
  const onAsk = useCallback((ids: readonly string[]) => setAsked((before) => (ids.every((each) => before.has(each)) ? before : new Set([...before, ...ids]))), []);
  return useMemo(() => ({ countOf: (nodeId) => counts.get(nodeId), onAsk }), [counts, onAsk]);
}
