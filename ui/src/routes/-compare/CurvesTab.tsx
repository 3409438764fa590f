import { useMemo } from "react";
import { tellerOf } from "@/api/run/series";
import type { Column } from "@/components/compare/Columns";
import { Field, Select } from "@/components/ui/Field";
import { None } from "@/components/ui/State";
import { isOneNodeTelling, told } from "@/compare/table";
import type { ComparedExecution } from "@/idl";
import { Overlaid, type Told } from "../-curves/Overlaid";

export interface CurvesTabProps {
  executions: readonly ComparedExecution[];
  columns: readonly Column[];
  metric: string | undefined;
  onMetric: (metric: string) => void;
}

/** One metric of all executions over each other. */
export function CurvesTab({ executions, columns, metric, onMetric }: CurvesTabProps) {
  const known = useMemo(() => metricsOf(executions, columns), [executions, columns]);
  const names = [...known.keys()];
  const chosen = metric !== undefined && known.has(metric) ? metric : names[0];
  if (chosen === undefined) return <None>None of them told a metric. A task does so by al.log_metric(name, value, step=…).</None>;
  return (
    <div className="p-4">
      <Overlaid key={chosen} told={known.get(chosen) ?? []} metric={chosen}>
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
      </Overlaid>
    </div>
  );
}

/** Who told each metric, by its name in the table of differences. */
function metricsOf(executions: readonly ComparedExecution[], columns: readonly Column[]): Map<string, Told[]> {
  const isSingle = isOneNodeTelling(executions);
  const found = new Map<string, Told[]>();
  for (const [at, { execution, metrics = [], nodes = [] }] of executions.entries()) {
    for (const attempt of metrics) {
      const teller = tellerOf(execution?.id ?? {}, attempt);
      for (const { name = "", points } of attempt.metrics ?? []) {
        const label = isSingle ? name : told(attempt, nodes, name);
        found.set(label, [...(found.get(label) ?? []), { label: columns[at]?.label ?? "", teller, metric: name, points: Number(points ?? 0) }]);
      }
    }
  }
  return found;
}
