import { useState } from "react";
import { curveColour, curveDash, scaleColour } from "@/components/chart/colours";
import { Button } from "@/components/ui/Button";
import { Field, Select } from "@/components/ui/Field";
import { None } from "@/components/ui/State";
import { axesOf, isWithin, telling, type Ranges } from "@/compare/parallel";
import type { Group } from "@/compare/table";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";
import type { Column } from "./Columns";
import { AxisLine } from "./ParallelAxis";
import { HEIGHT, pathOf, SIDE, STEP } from "./parallelPlace";

const BY_EXECUTION = "execution";

/** Each execution as a line over what differs: which values of the left go with which results at the right. */
export function Parallel({ groups, columns }: { groups: readonly Group[]; columns: readonly Column[] }) {
  const [focused, setFocused] = useState<number>();
  const [chosen, setChosen] = useState<string>();
  const [ranges, setRanges] = useState<Ranges>({});
  const isDark = useIsDark();
  const axes = axesOf(groups);
  if (axes.length < 2) return <None>There is nothing to draw: less than two things differ that are numbers or short lists of texts.</None>;
  const width = 2 * SIDE + STEP * (axes.length - 1);
  const scale = chosen === BY_EXECUTION ? undefined : (axes.find(({ key }) => key === chosen) ?? telling(axes));
  const colour = (at: number) => {
    if (!scale) return curveColour(at, isDark);
    const height = scale.heights[at] ?? Number.NaN;
    return Number.isNaN(height) ? "var(--ink-3)" : scaleColour(height, isDark);
  };
  const isShown = columns.map((_, at) => isWithin(axes, ranges, at));
  const within = isShown.filter(Boolean).length;
  const isRanged = axes.some(({ key }) => ranges[key]); // those of axes that are gone hold nobody back
  const opacity = (at: number) => (!isShown[at] ? 0.06 : focused === undefined || focused === at ? 0.9 : 0.15);
  return (
    <div className="p-4">
      <div className="flex flex-wrap items-end gap-4 pb-3">
        <div className="w-64">
          <Field label="Coloured by">
            {(props) => (
              <Select {...props} value={scale?.key ?? BY_EXECUTION} onChange={(event) => setChosen(event.target.value)}>
                <option value={BY_EXECUTION}>Execution</option>
                {axes.map(({ key, name }) => (
                  <option key={key} value={key}>
                    {printable(name, 60)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <p className="text-xs text-ink-2" role="status">
          {!isRanged ? "Drag along an axis to look at a part of it." : `${within} of ${columns.length} lie within what is chosen.`}
        </p>
        {isRanged && <Button onClick={() => setRanges({})}>Show all</Button>}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Parallel coordinates">
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${columns.length} executions over ${axes.map(({ name }) => name).join(", ")}`}>
          {columns.map((column, at) => (
            <path
              key={column.id}
              data-line={column.params.name}
              data-within={isShown[at]}
              d={pathOf(axes, at)}
              fill="none"
              stroke={colour(at)}
              strokeDasharray={scale ? undefined : curveDash(at).join(" ")}
              strokeWidth={focused === at ? 3 : 1.75}
              opacity={opacity(at)}
              onMouseEnter={() => setFocused(at)}
              onMouseLeave={() => setFocused(undefined)}
            >
              <title>{printable(column.label, 80)}</title>
            </path>
          ))}
          {axes.map((axis, index) => (
            <AxisLine
              key={axis.key}
              axis={axis}
              x={SIDE + index * STEP}
              range={ranges[axis.key]}
              onRange={(range) => setRanges((old) => (range ? { ...old, [axis.key]: range } : Object.fromEntries(Object.entries(old).filter(([key]) => key !== axis.key))))}
            />
          ))}
        </svg>
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {columns.map(
          (column, at) =>
            isShown[at] && (
              <li key={column.id} title={printable(column.params.name, 200)} onMouseEnter={() => setFocused(at)} onMouseLeave={() => setFocused(undefined)} className="flex items-center gap-1.5">
                <span aria-hidden className="size-2.5 rounded-full" style={{ background: colour(at) }} />
                {printable(column.label, 60)}
              </li>
            ),
        )}
      </ul>
    </div>
  );
}
