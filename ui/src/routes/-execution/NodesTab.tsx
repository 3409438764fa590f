import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { AttemptStore } from "@/api/run/attempts";
import { NodeTable } from "@/components/run/NodeTable";
import { Failure } from "@/components/ui/State";
import { nodeRows, type NodeRow } from "@/graph/rows";
import { useRunPage } from "./page";

/** Nodes as a table; how many attempts they had is read of those in view. */
export function NodesTab({ selected }: { selected: string | undefined }) {
  const { id, store, run, graphs, open } = useRunPage();
  const rows = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const [attempts] = useState(() => new AttemptStore(id, store));
  useSyncExternalStore(attempts.subscribe, attempts.current);
  const onSeen = useCallback((seen: readonly NodeRow[]) => attempts.want(seen.map(({ id: nodeId }) => ({ nodeId }))), [attempts]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      {attempts.error !== undefined && <Failure error={attempts.error} onRetry={() => attempts.retry()} title="Attempts could not be read" />}
      <NodeTable rows={rows} attempts={(nodeId) => attempts.of(nodeId)?.length || undefined} selected={selected} onOpen={open} onSeen={onSeen} />
    </div>
  );
}
