import { useMemo, useState } from "react";
import { CurveControls } from "@/components/chart/CurveControls";
import Chart from "@/components/chart/Curves";
import { PLAIN_LOOK, pointsOf, type CurveLook } from "@/compare/curve";
import type { MetricSeries } from "@/idl";
import { printable } from "@/lib/printable";

const SHOWN_AT_FIRST = 12;

/** Each metric as a curve of its own, by step or by time. */
export default function MetricCurves({ series }: { series: readonly MetricSeries[] }) {
  const [look, setLook] = useState(PLAIN_LOOK);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  if (series.length === 0) return null;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-4">
        <CurveControls look={look} onChange={setLook} />
      </div>
      {series.slice(0, shown).map((each) => (
        <OneCurve key={each.name} series={each} look={look} />
      ))}
      {series.length > shown && (
        <button type="button" onClick={() => setShown(series.length)} className="self-start text-sm text-accent hover:underline">
          {series.length - shown} more metrics
        </button>
      )}
    </div>
  );
}

function OneCurve({ series, look: { isLog, isTime, weight } }: { series: MetricSeries; look: CurveLook }) {
  const name = printable(series.name, 80);
  const curves = useMemo(() => [{ id: name, label: name, ...pointsOf(series, { isTime, weight }) }], [series, name, isTime, weight]);
  return (
    <figure>
      <figcaption className="text-sm font-medium">{name}</figcaption>
      <Chart curves={curves} label={name} isLog={isLog} isTime={isTime} height={170} />
    </figure>
  );
}
