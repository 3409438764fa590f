import { useMemo, useState } from "react";
import { CurveControls } from "@/components/chart/CurveControls";
import { CurveNote } from "@/components/chart/CurveNote";
import Chart from "@/components/chart/Curves";
import { PLAIN_LOOK, pointsOf, type CurveLook, type Points, type Zoom } from "@/compare/curve";
import { printable } from "@/lib/printable";

const SHOWN_AT_FIRST = 12;

export interface ShownSeries extends Points {
  name: string;
  /** How many there are; more than are shown: the lowest and highest of them are. */
  points: number;
}

export interface MetricCurvesProps {
  series: readonly ShownSeries[];
  /** By a metric's name, the part that is looked at. */
  zooms: ReadonlyMap<string, Zoom>;
  onZoom: (name: string, zoom: Zoom | undefined) => void;
  isTime: boolean;
  onTime: (isTime: boolean) => void;
}

/** Each metric as a curve of its own, by step or by time. */
export default function MetricCurves({ series, zooms, onZoom, isTime, onTime }: MetricCurvesProps) {
  const [look, setLook] = useState(PLAIN_LOOK);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  if (series.length === 0) return null;
  const onLook = (next: CurveLook) => {
    setLook(next);
    if (next.isTime !== isTime) onTime(next.isTime);
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-4">
        <CurveControls look={{ ...look, isTime }} onChange={onLook} />
      </div>
      {series.slice(0, shown).map((each) => (
        <OneCurve key={each.name} series={each} look={look} isTime={isTime} zoom={zooms.get(each.name)} onZoom={onZoom} />
      ))}
      {series.length > shown && (
        <button type="button" onClick={() => setShown(series.length)} className="self-start text-sm text-accent hover:underline">
          {series.length - shown} more metrics
        </button>
      )}
    </div>
  );
}

interface OneCurveProps {
  series: ShownSeries;
  look: CurveLook;
  isTime: boolean;
  zoom: Zoom | undefined;
  onZoom: MetricCurvesProps["onZoom"];
}

function OneCurve({ series, look: { isLog, weight }, isTime, zoom, onZoom }: OneCurveProps) {
  const name = printable(series.name, 80);
  const curves = useMemo(() => [{ id: name, label: name, ...pointsOf(series, { isTime, weight }) }], [series, name, isTime, weight]);
  return (
    <figure>
      <figcaption className="flex flex-wrap items-baseline gap-x-3 text-sm font-medium">
        {name}
        <CurveNote points={series.points} shown={series.steps.length} zoom={zoom} isTime={isTime} onWhole={() => onZoom(series.name, undefined)} />
      </figcaption>
      <Chart curves={curves} label={name} isLog={isLog} isTime={isTime} height={170} zoom={zoom} onZoom={(next) => onZoom(series.name, next)} />
    </figure>
  );
}
