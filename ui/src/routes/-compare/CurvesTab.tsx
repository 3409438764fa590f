import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { pointsOfEach, seriesPartQuery, seriesQuery, withPart, type Teller } from "@/api/run/series";
import { CurveControls } from "@/components/chart/CurveControls";
import { CurveNote } from "@/components/chart/CurveNote";
import { curveColour } from "@/components/chart/colours";
import type { Column } from "@/components/compare/Columns";
import { Field, Select } from "@/components/ui/Field";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { PLAIN_LOOK, pointsOf, rangeOf, type CurveLook, type Zoom } from "@/compare/curve";
import { isOneNodeTelling, told } from "@/compare/table";
import type { ComparedExecution } from "@/idl";
import { count } from "@/lib/size";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";

const Curves = lazy(() => import("@/components/chart/Curves"));

interface Told {
  at: number;
  teller: Teller;
  metric: string;
  points: string;
}

export interface CurvesTabProps {
  executions: readonly ComparedExecution[];
  columns: readonly Column[];
  metric: string | undefined;
  onMetric: (metric: string) => void;
}

/** One metric of all executions over each other. */
export function CurvesTab({ executions, columns, metric, onMetric }: CurvesTabProps) {
  const known = useMemo(() => metricsOf(executions), [executions]);
  const names = [...known.keys()];
  const chosen = metric !== undefined && known.has(metric) ? metric : names[0];
  const tellers = chosen === undefined ? [] : (known.get(chosen) ?? []);
  const results = useQueries({ queries: tellers.map(({ teller, metric: name, points }) => seriesQuery(teller, [name], points, pointsOfEach(tellers.length))) });
  const [look, setLook] = useState(PLAIN_LOOK);
  const [focused, setFocused] = useState<string>();
  const isDark = useIsDark();

  const [zoom, setZoom] = useState<Zoom>();
  const { isTime, weight } = look;
  const ranges = results.map(({ data }) => zoom && rangeOf(data?.[0], zoom, isTime));
  const parts = useQueries({
    queries: tellers.map(({ teller, metric: name }, index) => {
      const whole = results[index]?.data?.[0];
      const range = ranges[index];
      return { ...seriesPartQuery(teller, name, range ?? { isTime, from: 0, to: 0 }, pointsOfEach(tellers.length)), enabled: range !== undefined && whole !== undefined && whole.points > whole.steps.length };
    }),
  });
  const read = [...results, ...parts].map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  // Drawn anew when an answer comes, not whenever the mouse goes over a name.
  const curves = useMemo(
    () =>
      tellers.map(({ at }, index) => {
        const whole = results[index]?.data?.[0];
        const shown = whole && withPart(whole, zoom && parts[index]?.data, ranges[index]);
        return { id: String(index), label: columns[at]?.params.name ?? "", points: whole?.points ?? 0, shown: whole?.steps.length ?? 0, ...pointsOf(shown, { isTime, weight }) };
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `known` and `chosen` say who tells, `read` when each was read last
    [known, chosen, columns, isTime, weight, zoom, read],
  );
  const most = curves.reduce((one, other) => (other.points > one.points ? other : one), { points: 0, shown: 0 });
  const onLook = (next: CurveLook) => {
    if (next.isTime !== isTime) setZoom(undefined);
    setLook(next);
  };
  if (chosen === undefined) return <None>None of them told a metric. A task does so by al.log_metric(name, value, step=…).</None>;
  const failed = results.filter((result) => result.isError && !result.data);
  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-end gap-4">
        <div className="w-64">
          <Field label="Metric">
            {(props) => (
              <Select {...props} value={chosen} onChange={(event) => onMetric(event.target.value)}>
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <CurveControls look={look} onChange={onLook} />
      </div>
      <CurveNote points={most.points} shown={most.shown} zoom={zoom} isTime={isTime} onWhole={() => setZoom(undefined)} />
      {failed[0] && <Failure error={failed[0].error} onRetry={() => failed.forEach((result) => void result.refetch())} />}
      {results.some(({ isPending }) => isPending) ? (
        <Skeleton lines={8} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <Curves curves={curves} label={chosen} isLog={look.isLog} isTime={isTime} focused={focused} height={340} zoom={zoom} onZoom={setZoom} />
        </Suspense>
      )}
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {curves.map(({ id, label, points }, index) => (
          <li key={id} data-curve={label} onMouseEnter={() => setFocused(id)} onMouseLeave={() => setFocused(undefined)} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(index, isDark) }} />
            {printable(label, 60)} <span className="text-ink-2">{count(points)} points</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Who told each metric, by its name in the table of differences. */
function metricsOf(executions: readonly ComparedExecution[]): Map<string, Told[]> {
  const isSingle = isOneNodeTelling(executions);
  const found = new Map<string, Told[]>();
  for (const [at, { execution, metrics = [], nodes = [] }] of executions.entries()) {
    for (const attempt of metrics) {
      const by = attempt.computed_by;
      const teller: Teller = by
        ? { id: by.node_execution_id?.execution_id ?? {}, nodeId: by.node_execution_id?.node_id ?? "", attempt: by.retry_attempt ?? 0, item: (attempt.computed_by_item ?? 0) - 1 }
        : { id: execution?.id ?? {}, nodeId: attempt.node_id ?? "", attempt: attempt.retry_attempt ?? 0, item: (attempt.item ?? 0) - 1 };
      for (const { name = "", points } of attempt.metrics ?? []) {
        const label = isSingle ? name : told(attempt, nodes, name);
        found.set(label, [...(found.get(label) ?? []), { at, teller, metric: name, points: String(points ?? 0) }]);
      }
    }
  }
  return found;
}
