import { useQueries, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { metricsQuery } from "@/api/run/queries";
import { seriesPartQuery, withPart, type Teller } from "@/api/run/series";
import { attemptKey, useRunNode } from "@/api/run/store";
import { Failure, Skeleton, Empty } from "@/components/ui/State";
import { TelemetrySummary } from "@/components/run/TelemetrySummary";
import { rangeOf, type Zoom } from "@/compare/curve";
import type { Alula } from "@/idl";
import { isTerminal } from "@/lib/phase";
import { SourceLink } from "./SourceLink";
import { useRunPage } from "./page";
import { useSeries } from "./useSeries";

const MetricCurves = lazy(() => import("@/components/run/MetricCurves"));

/** What an attempt says of itself: progress, parameters, metrics as curves. */
export function MetricsPart({ nodeId, attempt, item }: { nodeId: string; attempt: number; item: number }) {
  const { id, store, run } = useRunPage();
  const node = useRunNode(store, nodeId);
  const phase = node?.closure?.phase;
  const live = run.told.get(attemptKey(nodeId, item + 1, attempt));
  const all = useQuery(metricsQuery(id, nodeId, isTerminal(phase)));
  const kept = all.data?.find((each) => (each.retry_attempt ?? 0) === attempt && (each.item ?? 0) === item + 1);
  const said = isTerminal(phase) ? (kept ?? live) : (live ?? kept);
  const points = (said?.metrics ?? []).reduce((sum, metric) => sum + Number(metric.points ?? 0), 0);
  const by = said?.computed_by;
  if (all.error && !all.data) return <Failure error={all.error} onRetry={() => void all.refetch()} />;
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
      <TelemetrySummary said={said} />
      {points > 0 && !by && <AttemptCurves key={`${nodeId}|${item}|${attempt}`} nodeId={nodeId} attempt={attempt} item={item} told={said.metrics ?? []} />}
    </div>
  );
}

/** Its curves, and the parts of them that are looked at closer. */
function AttemptCurves({ nodeId, attempt, item, told }: { nodeId: string; attempt: number; item: number; told: readonly Alula<"MetricSummary">[] }) {
  const { id } = useRunPage();
  const teller = useMemo<Teller>(() => ({ id, nodeId, attempt, item }), [id, nodeId, attempt, item]);
  const [zooms, setZooms] = useState<ReadonlyMap<string, Zoom>>(new Map());
  const [isTime, setTime] = useState(false);
  const series = useSeries(teller, told);
  const parts = useQueries({
    queries: [...zooms].map(([name, zoom]) => {
      const whole = series.data?.find((each) => each.name === name);
      return { ...seriesPartQuery(teller, name, rangeOf(whole, zoom, isTime)), enabled: whole !== undefined && whole.points > whole.steps.length };
    }),
  });
  const read = parts.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  const shown = useMemo(
    () =>
      (series.data ?? []).map((whole) => {
        const at = [...zooms.keys()].indexOf(whole.name);
        const zoom = zooms.get(whole.name);
        return withPart(whole, parts[at]?.data, zoom && rangeOf(whole, zoom, isTime));
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `read` says when each part was read last
    [series.data, zooms, isTime, read],
  );

  function onZoom(name: string, zoom: Zoom | undefined): void {
    const next = new Map(zooms);
    if (zoom) next.set(name, zoom);
    else next.delete(name);
    setZooms(next);
  }

  function onTime(next: boolean): void {
    setZooms(new Map());
    setTime(next);
  }

  if (series.error && !series.data) return <Failure error={series.error} onRetry={() => void series.refetch()} />;
  if (!series.data) return <Skeleton lines={3} />;
  return (
    <Suspense fallback={<Skeleton lines={3} />}>
      <MetricCurves series={shown} zooms={zooms} onZoom={onZoom} isTime={isTime} onTime={onTime} />
    </Suspense>
  );
}
