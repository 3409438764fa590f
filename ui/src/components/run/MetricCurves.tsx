import { useMemo, useState } from "react";
import Chart, { type Curve } from "@/components/chart/Curves";
import { Field, Tick } from "@/components/ui/Field";
import { smooth } from "@/compare/smooth";
import type { MetricSeries } from "@/idl";
import { printable } from "@/lib/printable";
import { floatOf } from "@/literal/scalar";

const SHOWN_AT_FIRST = 12;

/** Each metric as a curve of its own, by step or by time. */
export default function MetricCurves({ series }: { series: readonly MetricSeries[] }) {
  const [isLog, setLog] = useState(false);
  const [isTime, setTime] = useState(false);
  const [weight, setWeight] = useState(0);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  if (series.length === 0) return null;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-4">
        <Field label={`Smoothing ${weight ? weight.toFixed(2) : "off"}`}>
          {(props) => <input {...props} type="range" min={0} max={0.99} step={0.01} value={weight} onChange={(event) => setWeight(Number(event.target.value))} className="h-8 w-32 accent-accent" />}
        </Field>
        <Tick label="Logarithmic" checked={isLog} onChange={(event) => setLog(event.target.checked)} className="h-8" />
        <Tick label="By time" checked={isTime} onChange={(event) => setTime(event.target.checked)} className="h-8" />
      </div>
      {series.slice(0, shown).map((each) => (
        <OneCurve key={each.name} series={each} isLog={isLog} isTime={isTime} weight={weight} />
      ))}
      {series.length > shown && (
        <button type="button" onClick={() => setShown(series.length)} className="self-start text-sm text-accent hover:underline">
          {series.length - shown} more metrics
        </button>
      )}
    </div>
  );
}

function OneCurve({ series, isLog, isTime, weight }: { series: MetricSeries; isLog: boolean; isTime: boolean; weight: number }) {
  const name = printable(series.name, 80);
  const curves = useMemo<Curve[]>(() => {
    const begin = Number(series.at_us?.[0] ?? 0);
    const x = isTime ? (series.at_us ?? []).map((at) => (Number(at) - begin) / 1e6) : (series.steps ?? []).map(Number);
    const y = smooth((series.values ?? []).map(floatOf), weight);
    return [{ id: name, label: name, ...ascending(x, y) }];
  }, [series, name, isTime, weight]);
  return (
    <figure>
      <figcaption className="text-sm font-medium">{name}</figcaption>
      <Chart curves={curves} label={name} isLog={isLog} isTime={isTime} height={170} />
    </figure>
  );
}

/** A plot wants its points from left to right; a task may have logged its steps in any order. */
function ascending(x: readonly number[], y: readonly number[]): Pick<Curve, "x" | "y"> {
  if (x.every((value, at) => at === 0 || value >= (x[at - 1] ?? 0))) return { x, y };
  const order = x.map((_, at) => at).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0));
  return { x: order.map((at) => x[at] ?? 0), y: order.map((at) => y[at] ?? Number.NaN) };
}
