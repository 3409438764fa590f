import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { attemptsQuery, MOST_ATTEMPTS } from "@/api/run/queries";
import { Timeline } from "@/components/timeline/Timeline";
import { Failure, Skeleton } from "@/components/ui/State";
import { nodeRows } from "@/graph/rows";
import { isTerminal } from "@/lib/phase";
import { count } from "@/lib/size";
import { useNow } from "@/lib/useNow";
import { layTimeline } from "@/timeline/layout";
import { useRunPage } from "./page";
import { useAttemptsAt } from "./useSettled";

/** When what ran, and where its time went. */
export function TimelineTab({ selected }: { selected: string | undefined }) {
  const { id, run, graphs, open } = useRunPage();
  const isRunning = !isTerminal(run.execution?.closure?.phase);
  const tick = useNow(isRunning ? 1000 : 3_600_000);
  const attempts = useQuery(attemptsQuery(id, useAttemptsAt(run)));
  const rows = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const now = isRunning ? Math.max(tick, Date.now() - 1000) : tick;
  const timeline = useMemo(() => layTimeline(rows, attempts.data?.attempts ?? [], now), [rows, attempts.data, now]);
  if (attempts.error) return <Failure error={attempts.error} onRetry={() => void attempts.refetch()} />;
  if (attempts.isPending) return <Skeleton />;
  return (
    <div className="flex h-full flex-col">
      {attempts.data.isCut && <p className="border-b border-line bg-warn-ground px-4 py-1 text-xs text-warn">There are more than {count(MOST_ATTEMPTS)} attempts; the parts of the first of them are shown.</p>}
      <Timeline timeline={timeline} now={isRunning ? now : undefined} selected={selected} onOpen={open} />
    </div>
  );
}
