import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { inWords } from "@/lib/time";
import { useIsDark } from "@/lib/theme";
import { curveColour, curveDash } from "./colours";
import { shortNumber } from "./number";

interface Curve {
  id: string;
  label: string;
  /** Ascending; steps, or seconds since the first point. */
  x: readonly number[];
  /** NaN and infinities leave a gap. */
  y: readonly number[];
}

export interface CurvesProps {
  curves: readonly Curve[];
  /** What is drawn, for those who cannot see it. */
  label: string;
  isLog?: boolean;
  /** x is seconds rather than steps. */
  isTime?: boolean;
  /** Id of the curve that stands out. */
  focused?: string;
  height?: number;
}

/** Curves over one axis; 100,000 points are drawn as quickly as ten. Zoomed by dragging, whole again by a double click. */
export default function Curves({ curves, label, isLog = false, isTime = false, focused, height = 260 }: CurvesProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const isDark = useIsDark();
  const data = useMemo(() => joined(curves, isLog), [curves, isLog]);
  // As one text, so that the plot is made anew when they change and not whenever the list is.
  const names = JSON.stringify(curves.map(({ label: name }) => name));

  useEffect(() => {
    const target = holder.current;
    if (!target) return;
    const made = new uPlot(options(JSON.parse(names) as string[], { isLog, isTime, isDark, width: target.clientWidth, height }), data, target);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- new data is given to the plot that stands, below
  }, [names, isLog, isTime, isDark, height]);

  useEffect(() => plot.current?.setData(data), [data]);
  useEffect(() => {
    const at = curves.findIndex(({ id }) => id === focused);
    plot.current?.setSeries(at >= 0 ? at + 1 : null, { focus: true });
  }, [focused, curves]);

  return <div ref={holder} role="img" aria-label={`${label}: ${curves.length} ${curves.length === 1 ? "curve" : "curves"}`} className="w-full" style={{ height }} />;
}

/** Columns over the union of all x, as the plot wants them. */
function joined(curves: readonly Curve[], isLog: boolean): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  const tables = curves.map(({ x, y }): uPlot.AlignedData => [[...x], y.map((each) => (Number.isFinite(each) && (!isLog || each > 0) ? each : null))]);
  return uPlot.join(tables, tables.map(() => [0, 2])); // what one curve lacks is no gap of it
}

interface Look {
  isLog: boolean;
  isTime: boolean;
  isDark: boolean;
  width: number;
  height: number;
}

function options(names: readonly string[], { isLog, isTime, isDark, width, height }: Look): uPlot.Options {
  const ink = isDark ? "#b4bec7" : "#47515c";
  const line = isDark ? "#2a3238" : "#e6e9ec";
  const axis: uPlot.Axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height,
    legend: { show: false },
    focus: { alpha: 0.2 },
    cursor: { focus: { prox: 24 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { distr: isLog ? 3 : 1 } },
    axes: [
      { ...axis, ...(isTime && { values: (_: uPlot, values: number[]) => values.map((value) => inWords(value)) }) },
      { ...axis, size: 64, values: (_: uPlot, values: (number | null)[]) => values.map((value) => (value === null ? "" : shortNumber(value))) },
    ],
    series: [
      {},
      ...names.map((name, at): uPlot.Series => ({
        label: name,
        stroke: curveColour(at, isDark),
        dash: curveDash(at),
        width: 1.5,
        points: { show: (u, series) => (u.data[series]?.length ?? 0) < 40 },
      })),
    ],
  };
}
