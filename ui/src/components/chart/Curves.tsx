import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { inWords } from "@/lib/time";
import { useIsDark } from "@/lib/theme";
import { curveColour, curveDash } from "./colours";
import { shortNumber } from "@/lib/number";
import { markable, type Zoom } from "@/compare/curve";
import { readoutAt } from "@/compare/readout";
import { CurveReadout } from "./CurveReadout";

const PADDING = 0.1;
const FEW = 12;
/** px from one mark to the next. */
const SPACE = 50;
const SPACE_OF_LETTER = 8;

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
  /** The part of the axis that is looked at; undefined: all of it. */
  zoom?: Zoom;
  onZoom?: (zoom: Zoom | undefined) => void;
}

/** Of so many points the curve under the mouse does not stand out: all would be drawn anew whenever it is another. */
const DENSE = 3000;

/** Curves over one axis. Dragging asks for a part of it, a double click for all. */
export default function Curves({ curves, label, isLog = false, isTime = false, focused, height = 260, zoom, onZoom }: CurvesProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const isDark = useIsDark();
  const data = useMemo(() => joined(curves, isLog), [curves, isLog]);
  const isDense = curves.reduce((sum, { x }) => sum + x.length, 0) > DENSE;
  const [cursor, setCursor] = useState<Cursor>();
  const zooms = useRef(onZoom);
  useEffect(() => {
    zooms.current = onZoom;
  }, [onZoom]);
  // As one text, so that the plot is made anew when they change and not whenever the list is.
  const names = JSON.stringify(curves.map(({ label: name }) => name));

  useEffect(() => {
    const target = holder.current;
    if (!target) return;
    const made = new uPlot(options(JSON.parse(names) as string[], { isLog, isTime, isDark, isDense, width: target.clientWidth, height, onCursor: setCursor, onZoom: (next) => zooms.current?.(next) }), data, target);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
      setCursor(undefined); // the one that is made next does not know of the mouse
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- new data is given to the plot that stands, below
  }, [names, isLog, isTime, isDark, isDense, height]);

  useEffect(() => {
    const drawn = plot.current;
    if (!drawn) return;
    drawn.batch(() => {
      drawn.setData(data, zoom === undefined);
      const [min, max] = markable(zoom?.from ?? 0, zoom?.to ?? 0);
      if (zoom) drawn.setScale("x", { min, max });
    });
    // A plot that is made anew begins with what is looked at, too.
  }, [data, zoom, names, isLog, isTime, isDark, isDense, height]);
  useEffect(() => {
    const at = curves.findIndex(({ id }) => id === focused);
    plot.current?.setSeries(at >= 0 ? at + 1 : null, { focus: true });
  }, [focused, curves]);

  const readout = cursor && readoutAt(curves, cursor.x);
  return (
    <div className="relative w-full">
      <div ref={holder} role="img" aria-label={`${label}: ${curves.length} ${curves.length === 1 ? "curve" : "curves"}`} className="w-full" style={{ height }} />
      {readout && readout.values.length > 0 && <CurveReadout readout={readout} labels={curves.map(({ label: name }) => name)} isTime={isTime} {...cursor} />}
    </div>
  );
}

/** Columns over the union of all x, as the plot wants them. */
function joined(curves: readonly Curve[], isLog: boolean): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  const tables = curves.map(({ x, y }): uPlot.AlignedData => [[...x], y.map((each) => (Number.isFinite(each) && (!isLog || each > 0) ? each : null))]);
  return uPlot.join(tables, tables.map(() => [0, 2])); // what one curve lacks is no gap of it
}

/** None where nothing is drawn. */
function bounds(low: number | null, high: number | null, of: (low: number, high: number) => uPlot.Range.MinMax): uPlot.Range.MinMax {
  return low === null || high === null ? [null, null] : of(low, high);
}

function padded(low: number, high: number): uPlot.Range.MinMax {
  const [from, to] = uPlot.rangeNum(...markable(low, high), PADDING, true);
  return bounds(from, to, markable);
}

function lengthOf(value: number): number {
  return Number.isSafeInteger(Math.round(value)) ? value.toLocaleString("en", { maximumFractionDigits: 0 }).length : String(value).length;
}

/** Where the mouse is over the plot. */
interface Cursor {
  x: number;
  /** px from its left, which is so wide. */
  left: number;
  width: number;
  focused: number | undefined;
}

interface Look {
  isLog: boolean;
  isTime: boolean;
  isDark: boolean;
  isDense: boolean;
  width: number;
  height: number;
  onCursor: (cursor: Cursor | undefined) => void;
  onZoom: (zoom: Zoom | undefined) => void;
}

function cursorOf(u: uPlot, focused: number | undefined): Cursor | undefined {
  const { left = -1, idx } = u.cursor;
  const x = idx == null ? undefined : u.data[0][idx];
  if (left < 0 || x === undefined) return undefined;
  return { x, left: left + u.bbox.left / devicePixelRatio, width: u.width, focused };
}

function options(names: readonly string[], { isLog, isTime, isDark, isDense, width, height, onCursor, onZoom }: Look): uPlot.Options {
  const ink = isDark ? "#b4bec7" : "#47515c";
  const line = isDark ? "#2a3238" : "#e6e9ec";
  let nearest: number | undefined; // curve under the mouse
  const axis: uPlot.Axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height,
    legend: { show: false },
    focus: { alpha: 0.2 },
    // Whoever holds the zoom sets the scale: with it the part comes that is looked at.
    cursor: { focus: { prox: isDense ? -1 : 24 }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => (onZoom(undefined), null) } },
    hooks: {
      setCursor: [(u) => onCursor(cursorOf(u, nearest))],
      setSeries: [
        (u, series) => {
          nearest = series ? series - 1 : undefined; // the first is the axis
          onCursor(cursorOf(u, nearest));
        },
      ],
      setSelect: [
        (u) => {
          const { left, width: length } = u.select;
          if (length > 0) onZoom({ from: u.posToVal(left, "x"), to: u.posToVal(left + length, "x") });
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
    scales: { x: { time: false, range: (_, low, high) => bounds(low, high, markable) }, y: isLog ? { distr: 3 } : { range: (_, low, high) => bounds(low, high, padded) } },
    axes: [
      { ...axis, space: (_, __, low, high) => Math.max(SPACE, SPACE_OF_LETTER * Math.max(lengthOf(low), lengthOf(high))), ...(isTime && { values: (_: uPlot, values: number[]) => values.map((value) => inWords(value)) }) },
      { ...axis, size: 64, values: (_: uPlot, values: (number | null)[]) => values.map((value) => (value === null ? "" : shortNumber(value))) },
    ],
    series: [
      {},
      ...names.map((name, at): uPlot.Series => ({
        label: name,
        stroke: curveColour(at, isDark),
        dash: curveDash(at),
        width: 1.5,
        // Of many curves the dots would hide the lines.
        points: { show: (u, series) => (u.data[series]?.length ?? 0) < (names.length > FEW ? 3 : 40) },
      })),
    ],
  };
}
