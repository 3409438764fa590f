import { useMemo } from "react";
import { HeatStrip } from "@/components/graph/HeatStrip";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import { Failure, Skeleton } from "@/components/ui/State";
import { ancestorsOf } from "@/graph/id";
import { graphRun } from "./graphRun";
import { useRunPage } from "./page";
import { useItemCounts } from "./useItemCounts";
import { useItems } from "./useItems";

export function GraphTab({ selected }: { selected: string | undefined }) {
  const { id, run, graphs, open } = useRunPage();
  const { shape, closure, error, describer, onExpanded } = graphs;
  const shown = useMemo(() => graphRun(run, shape), [run, shape]);
  const ancestors = selected === undefined ? "" : ancestorsOf(selected, describer.parents).join("|");
  const reveal = useMemo(() => (ancestors ? ancestors.split("|") : []), [ancestors]);
  const items = useItemCounts(id, run);
  if (error) return <Failure error={error} onRetry={graphs.retry} title="The workflow's graph could not be read" />;
  if (!closure) return <Skeleton />;
  return (
    <WorkflowGraph
      closure={closure}
      run={shown}
      selected={selected}
      reveal={reveal}
      onOpen={open}
      unread={graphs.unread}
      onReadMore={graphs.readMore}
      onExpanded={onExpanded}
      items={items}
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
