import { useState } from "react";
import { curveColour, curveDash } from "@/components/chart/colours";
import { None } from "@/components/ui/State";
import { axesOf, marksOf, type Axis } from "@/compare/parallel";
import type { Group } from "@/compare/table";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";
import type { Column } from "./Columns";

const STEP = 150;
const HEIGHT = 320;
const TOP = 44;
const SIDE = 80;

/** Each execution as a line over what differs: which values of the left go with which results at the right. */
export function Parallel({ groups, columns }: { groups: readonly Group[]; columns: readonly Column[] }) {
  const [focused, setFocused] = useState<number>();
  const isDark = useIsDark();
  const axes = axesOf(groups);
  if (axes.length < 2) return <None>There is nothing to draw: less than two things differ that are numbers or short lists of texts.</None>;
  const width = 2 * SIDE + STEP * (axes.length - 1);
  const y = (height: number) => TOP + (HEIGHT - TOP - 24) * (1 - height);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div className="overflow-x-auto p-4" tabIndex={0} role="region" aria-label="Parallel coordinates">
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${columns.length} executions over ${axes.map(({ name }) => name).join(", ")}`}>
        {columns.map((column, at) => (
          <path
            key={column.id}
            data-line={column.params.name}
            d={pathOf(axes, at, y)}
            fill="none"
            stroke={curveColour(at, isDark)}
            strokeDasharray={curveDash(at).join(" ")}
            strokeWidth={focused === at ? 3 : 1.5}
            opacity={focused === undefined || focused === at ? 0.9 : 0.15}
            onMouseEnter={() => setFocused(at)}
            onMouseLeave={() => setFocused(undefined)}
          >
            <title>{printable(column.params.name, 80)}</title>
          </path>
        ))}
        {axes.map((axis, index) => (
          <AxisLine key={axis.key} axis={axis} x={SIDE + index * STEP} y={y} />
        ))}
      </svg>
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {columns.map((column, at) => (
          <li key={column.id} onMouseEnter={() => setFocused(at)} onMouseLeave={() => setFocused(undefined)} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(at, isDark) }} />
            {printable(column.params.name, 60)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function AxisLine({ axis, x, y }: { axis: Axis; x: number; y: (height: number) => number }) {
  return (
    <g>
      <text x={x} y={18} textAnchor="middle" fontSize={11} fontWeight={600} fill="var(--ink)">
        {printable(axis.name, 22)}
        <title>{printable(axis.name, 200)}</title>
      </text>
      <line x1={x} x2={x} y1={y(0)} y2={y(1)} stroke="var(--line-2)" />
      {marksOf(axis).map(([at, text]) => (
        <text key={at} x={x + 5} y={y(at) - 5} fontSize={10} fill="var(--ink-2)" style={{ paintOrder: "stroke", stroke: "var(--ground)", strokeWidth: 3 }}>
          {printable(text, 24)}
        </text>
      ))}
    </g>
  );
}

function pathOf(axes: readonly Axis[], at: number, y: (height: number) => number): string {
  let isDrawing = false;
  return axes
    .map(({ heights }, index) => {
      const height = heights[at] ?? Number.NaN;
      if (Number.isNaN(height)) {
        isDrawing = false;
        return "";
      }
      const step = `${isDrawing ? "L" : "M"}${SIDE + index * STEP} ${y(height).toFixed(1)}`;
      isDrawing = true;
      return step;
    })
    .join("");
}
