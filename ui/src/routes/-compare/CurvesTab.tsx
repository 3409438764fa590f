import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { seriesQuery, type Teller } from "@/api/run/queries";
import { CurveControls } from "@/components/chart/CurveControls";
import { curveColour } from "@/components/chart/colours";
import type { Column } from "@/components/compare/Columns";
import { Field, Select } from "@/components/ui/Field";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { PLAIN_LOOK, pointsOf } from "@/compare/curve";
import { isOneNodeTelling, told } from "@/compare/table";
import type { ComparedExecution } from "@/idl";
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
  const [look, setLook] = useState(PLAIN_LOOK);
  const [focused, setFocused] = useState<string>();
  const isDark = useIsDark();

  const { isTime, weight } = look;
  const read = results.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  // Drawn anew when an answer comes, not whenever the mouse goes over a name.
  const curves = useMemo(
    () => tellers.map(({ at }, index) => ({ id: String(index), label: columns[at]?.params.name ?? "", ...pointsOf(results[index]?.data?.[0], { isTime, weight }) })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `known` and `chosen` say who tells, `read` when each was read last
    [known, chosen, columns, isTime, weight, read],
  );
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
        <CurveControls look={look} onChange={setLook} />
      </div>
      {error && <Failure error={error} />}
      {results.some(({ isPending }) => isPending) ? (
        <Skeleton lines={8} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <Curves curves={curves} label={chosen} isLog={look.isLog} isTime={isTime} focused={focused} height={340} />
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
