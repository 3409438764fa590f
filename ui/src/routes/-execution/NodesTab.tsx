import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { AttemptBook } from "@/api/run/attempts";
import { NodeTable } from "@/components/run/NodeTable";
import { nodeRows, type NodeRow } from "@/graph/rows";
import { useRunPage } from "./page";

/** Nodes as a table; how many attempts they had is read of those in view. */
export function NodesTab({ selected }: { selected: string | undefined }) {
  const { id, store, run, graphs, open } = useRunPage();
  const rows = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const [book] = useState(() => new AttemptBook(id, store));
  useSyncExternalStore(book.subscribe, book.current);
  const onSeen = useCallback((seen: readonly NodeRow[]) => book.want(seen.map(({ id: nodeId }) => ({ nodeId }))), [book]);
  return <NodeTable rows={rows} attempts={(nodeId) => book.of(nodeId)?.length || undefined} selected={selected} onOpen={open} onSeen={onSeen} />;
}
