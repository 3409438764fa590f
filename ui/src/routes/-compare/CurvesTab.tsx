import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { seriesQuery, type Teller } from "@/api/metric/queries";
import type { Curve } from "@/components/chart/Curves";
import { curveColour } from "@/components/chart/colours";
import type { Column } from "@/components/compare/Columns";
import { Field, Select, Tick } from "@/components/ui/Field";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { smooth } from "@/compare/smooth";
import { isOneNodeTelling, told } from "@/compare/table";
import type { ComparedExecution } from "@/idl";
import { floatOf } from "@/literal/scalar";
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
  const results = useQueries({ queries: tellers.map(({ teller, metric: name, points }) => seriesQuery(teller, [name], points)) });
  const [isLog, setLog] = useState(false);
  const [isTime, setTime] = useState(false);
  const [weight, setWeight] = useState(0);
  const [focused, setFocused] = useState<string>();
  const isDark = useIsDark();

  const answers = results.map(({ data }) => data);
  const curves = tellers.map(({ at }, index): Curve => {
    const series = answers[index]?.[0];
    const column = columns[at];
    const begin = Number(series?.at_us?.[0] ?? 0);
    const y = (series?.values ?? []).map(floatOf);
    const x = isTime ? (series?.at_us ?? []).map((each) => (Number(each) - begin) / 1e6) : (series?.steps ?? []).map(Number);
    return { id: column?.id ?? "", label: column?.params.name ?? "", x, y: smooth(y, weight) };
  });
  if (chosen === undefined) return <None>None of them told a metric. A task does so by al.log_metric(name, value, step=…).</None>;
  const error = results.find((result) => result.error)?.error;
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
        <Field label={`Smoothing ${weight ? weight.toFixed(2) : "off"}`}>
          {(props) => <input {...props} type="range" min={0} max={0.99} step={0.01} value={weight} onChange={(event) => setWeight(Number(event.target.value))} className="h-8 w-40 accent-accent" />}
        </Field>
        <Tick label="Logarithmic" checked={isLog} onChange={(event) => setLog(event.target.checked)} className="h-8" />
        <Tick label="By time" checked={isTime} onChange={(event) => setTime(event.target.checked)} className="h-8" />
      </div>
      {error && <Failure error={error} />}
      {results.some(({ isPending }) => isPending) ? (
        <Skeleton lines={8} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <Curves curves={ascending(curves)} label={chosen} isLog={isLog} isTime={isTime} focused={focused} height={340} />
        </Suspense>
      )}
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {curves.map(({ id, label, y }, index) => (
          <li key={id} data-curve={label} onMouseEnter={() => setFocused(id)} onMouseLeave={() => setFocused(undefined)} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(index, isDark) }} />
            {printable(label, 60)} <span className="text-ink-2">{y.length} points</span>
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
        ? { execution: by.node_execution_id?.execution_id ?? {}, nodeId: by.node_execution_id?.node_id ?? "", attempt: by.retry_attempt ?? 0, item: attempt.computed_by_item ?? 0 }
        : { execution: execution?.id ?? {}, nodeId: attempt.node_id ?? "", attempt: attempt.retry_attempt ?? 0, item: attempt.item ?? 0 };
      for (const { name = "", points } of attempt.metrics ?? []) {
        const label = isSingle ? name : told(attempt, nodes, name);
        found.set(label, [...(found.get(label) ?? []), { at, teller, metric: name, points: String(points ?? 0) }]);
      }
    }
  }
  return found;
}

/** The plot wants x ascending; steps may have been told in any order. */
function ascending(curves: readonly Curve[]): Curve[] {
  return curves.map((curve) => {
    if (curve.x.every((each, at) => at === 0 || each >= (curve.x[at - 1] ?? each))) return curve;
    const order = curve.x.map((_, at) => at).sort((a, b) => (curve.x[a] ?? 0) - (curve.x[b] ?? 0));
    return { ...curve, x: order.map((at) => curve.x[at] ?? 0), y: order.map((at) => curve.y[at] ?? 0) };
  });
}
