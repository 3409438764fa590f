import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { attemptsQuery } from "@/api/run/queries";
import { NodeTable } from "@/components/run/NodeTable";
import { nodeRows } from "@/graph/rows";
import { useRunPage } from "./page";
import { useAttemptsAt } from "./useSettled";

export function NodesTab({ selected }: { selected: string | undefined }) {
  const { id, run, graphs, open } = useRunPage();
  const rows = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const { data } = useQuery(attemptsQuery(id, useAttemptsAt(run)));
  const attempts = useMemo(() => {
    const counts = new Map<string, number>();
    for (const attempt of data?.attempts ?? []) {
      const nodeId = attempt.node?.node_id ?? "";
      if (!attempt.item) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
    }
    return counts;
  }, [data]);
  return <NodeTable rows={rows} attempts={attempts} selected={selected} onOpen={open} />;
}
