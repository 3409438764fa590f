import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { runKeys } from "@/api/run/keys";
import { metricsQuery, seriesQuery } from "@/api/run/queries";
import { attemptKey, useRunNode } from "@/api/run/store";
import { Failure, Skeleton, Empty } from "@/components/ui/State";
import { SaidTable } from "@/components/run/SaidTable";
import { isTerminal } from "@/lib/phase";
import { SourceLink } from "./CachePart";
import { useRunPage } from "./page";
import { useSettled } from "./useSettled";

const MetricCurves = lazy(() => import("@/components/run/MetricCurves"));

/** What an attempt says of itself: progress, parameters, metrics as curves. */
export function MetricsPart({ nodeId, attempt, item }: { nodeId: string; attempt: number; item: number }) {
  const { id, store, run } = useRunPage();
  const client = useQueryClient();
  const node = useRunNode(store, nodeId);
  const phase = node?.closure?.phase;
  const live = run.told.get(attemptKey(nodeId, item + 1, attempt));
  const all = useQuery(metricsQuery(id, nodeId, isTerminal(phase)));
  const kept = all.data?.find((each) => (each.retry_attempt ?? 0) === attempt && (each.item ?? 0) === item + 1);
  const said = isTerminal(phase) ? (kept ?? live) : (live ?? kept);
  const points = (said?.metrics ?? []).reduce((sum, metric) => sum + Number(metric.points ?? 0), 0);
  // The more there is, the less often all of it is read again.
  const settled = useSettled(points, points > 50_000 ? 8000 : 1500);
  const by = said?.computed_by;
  const series = useQuery({ ...seriesQuery({ id, nodeId, attempt, item }), enabled: points > 0 && !by });
  useEffect(() => {
    if (settled > 0) void client.invalidateQueries({ queryKey: runKeys.series(id, nodeId, attempt, item) });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- by its name the execution is the same
  }, [client, settled, id.name, nodeId, attempt, item]);
  if (all.error) return <Failure error={all.error} onRetry={() => void all.refetch()} />;
  if (all.isPending && !live) return <Skeleton lines={3} />;
  if (!said?.metrics?.length && !said?.parameters?.length && !said?.progress) {
    return (
      <Empty title="This attempt said nothing of itself">
        In a task, <code>al.log_metric</code>, <code>al.log_param</code> and <code>al.progress</code> do, live.
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-3 p-4">
      {by && (
        <p className="text-sm text-ink-2">
          Computed by <SourceLink source={by} item={said.computed_by_item ?? 0} />, whose figures these are.
        </p>
      )}
      <SaidTable said={said} />
      {series.error && <Failure error={series.error} />}
      {series.data && (
        <Suspense fallback={<Skeleton lines={3} />}>
          <MetricCurves series={series.data} />
        </Suspense>
      )}
    </div>
  );
}
