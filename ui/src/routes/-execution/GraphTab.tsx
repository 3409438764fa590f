import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { itemsQuery } from "@/api/run/queries";
import { runKeys } from "@/api/run/keys";
import { useRunNode } from "@/api/run/store";
import { HeatStrip } from "@/components/graph/HeatStrip";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import { Failure, Skeleton } from "@/components/ui/State";
import { ancestorsOf } from "@/graph/id";
import { graphRun } from "./graphRun";
import { useRunPage } from "./page";

export function GraphTab({ selected }: { selected: string | undefined }) {
  const { id, run, graphs, open } = useRunPage();
  const { shape, closure, error, describer, onExpanded } = graphs;
  const shown = useMemo(() => graphRun(run, shape), [run, shape]);
  const ancestors = selected === undefined ? "" : ancestorsOf(selected, describer.parents).join("|");
  const reveal = useMemo(() => (ancestors ? ancestors.split("|") : []), [ancestors]);
  if (error) return <Failure error={error} title="The workflow's graph could not be read" />;
  if (!closure) return <Skeleton />;
  return (
    <WorkflowGraph
      closure={closure}
      run={shown}
      selected={selected}
      reveal={reveal}
      onOpen={open}
      onExpanded={onExpanded}
      strip={(nodeId) => <ItemStrip nodeId={nodeId} />}
      label={`Graph of ${id.name}`}
    />
  );
}

/** Where a map's items stand, renewed while they run. */
function ItemStrip({ nodeId }: { nodeId: string }) {
  const { data } = useItems(nodeId);
  return data ? <HeatStrip items={data} /> : null;
}

const PAUSE_MS = 700;

/** The items of a map: read again when it or one of them has changed. */
export function useItems(nodeId: string) {
  const { id, store } = useRunPage();
  const client = useQueryClient();
  const node = useRunNode(store, nodeId);
  const phase = node?.closure?.phase;
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + PAUSE_MS - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      void client.invalidateQueries({ queryKey: runKeys.items(id, nodeId) });
    }, wait);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- by its name the execution is the same; a node that has changed is another object
  }, [client, id.name, nodeId, node]);
  return useQuery({ ...itemsQuery(id, nodeId), enabled: node !== undefined && phase !== "QUEUED", staleTime: 60_000 });
}
