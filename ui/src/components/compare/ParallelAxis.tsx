import { useState, type PointerEvent } from "react";
import { marksOf, type Axis, type Ranges } from "@/compare/parallel";
import { printable } from "@/lib/printable";
import { heightAt, y } from "./parallelPlace";

/** A drag that is shorter than this, as a part of the axis, is a click: it shows all again. */
const LEAST = 0.02;
const WIDTH = 24;

export interface AxisLineProps {
  axis: Axis;
  /** px from the left. */
  x: number;
  /** The part of it that is looked at; undefined: all. */
  range: Ranges[string] | undefined;
  onRange: (range: Ranges[string] | undefined) => void;
}

/** An axis with its marks; whoever drags along it looks at a part. */
export function AxisLine({ axis, x, range, onRange }: AxisLineProps) {
  const [from, setFrom] = useState<number>();
  const place = (event: PointerEvent<SVGRectElement>) => heightAt(event.clientY - (event.currentTarget.ownerSVGElement?.getBoundingClientRect().top ?? 0));
  return (
    <g>
      <text x={x} y={18} textAnchor="middle" fontSize={11} fontWeight={600} fill="var(--ink)">
        {printable(axis.name, 22)}
        <title>{`${printable(axis.name, 200)}${axis.isLog ? ", logarithmic" : ""}`}</title>
      </text>
      <line x1={x} x2={x} y1={y(0)} y2={y(1)} stroke="var(--line-2)" />
      {range && <rect x={x - 4} width={8} y={y(range[1])} height={y(range[0]) - y(range[1])} fill="var(--accent)" opacity={0.5} />}
      {marksOf(axis).map(([at, text]) => (
        <text key={at} x={x + 5} y={y(at) - 5} fontSize={10} fill="var(--ink-2)" style={{ paintOrder: "stroke", stroke: "var(--ground)", strokeWidth: 3 }}>
          {printable(text, 24)}
        </text>
      ))}
      <rect
        data-axis={axis.key}
        x={x - WIDTH / 2}
        width={WIDTH}
        y={y(1)}
        height={y(0) - y(1)}
        fill="transparent"
        className="cursor-ns-resize touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(place(event));
        }}
        onPointerMove={(event) => {
          if (from === undefined) return;
          const to = place(event);
          if (Math.abs(to - from) >= LEAST) onRange([Math.min(from, to), Math.max(from, to)]);
        }}
        onPointerUp={(event) => {
          if (from !== undefined && Math.abs(place(event) - from) < LEAST) onRange(undefined);
          setFrom(undefined);
        }}
        onPointerCancel={() => setFrom(undefined)}
      />
    </g>
  );
}
