import { useState } from "react";
import { CELL, HEAD, ROW, TABLE } from "@/components/ui/table";
import { sortedItems, summaryOf, type Sorting, type Summary } from "@/compare/items";
import type { AttemptMetrics } from "@/idl";
import { printable } from "@/lib/printable";
import { figure } from "./TelemetrySummary";

const AT_FIRST = 100;
const MOST_METRICS = 8;
const FIGURES: readonly (keyof Summary)[] = ["last", "min", "max"];

/** What each item of a map told last, and between which values; sorted by any of them. */
export function ItemMetrics({ said, names, onChoose }: { said: readonly AttemptMetrics[]; names: readonly string[]; onChoose: (item: number) => void }) {
  const [sorting, setSorting] = useState<Sorting>({ figure: "last", isDescending: false });
  const [limit, setLimit] = useState(AT_FIRST);
  const shown = names.slice(0, MOST_METRICS);
  const columns = shown.flatMap((metric) => FIGURES.map((each) => ({ metric, figure: each })));
  const sort = (metric: string | undefined, by: keyof Summary) =>
    setSorting((old) => ({ metric, figure: by, isDescending: old.metric === metric && old.figure === by && !old.isDescending }));
  const head = (metric: string | undefined, by: keyof Summary, label: string) => {
    const isSorted = sorting.metric === metric && sorting.figure === by;
    return (
      <th key={label} scope="col" aria-sort={isSorted ? (sorting.isDescending ? "descending" : "ascending") : "none"} className={HEAD}>
        <button type="button" className="font-medium hover:text-ink" onClick={() => sort(metric, by)}>
          {label}
          <span aria-hidden>{isSorted ? (sorting.isDescending ? " ↓" : " ↑") : ""}</span>
        </button>
      </th>
    );
  };
  return (
    <div className="flex flex-col gap-2">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <div className="max-h-96 overflow-auto rounded-md border border-line" tabIndex={0} role="region" aria-label="Metrics of the items">
        <table className={TABLE}>
          <thead>
            <tr>
              {head(undefined, "last", "Item")}
              {columns.map((column) => head(column.metric, column.figure, `${printable(column.metric, 60)} ${column.figure}`))}
            </tr>
          </thead>
          <tbody>
            {sortedItems(said, sorting).slice(0, limit).map((each) => {
              const item = (each.item ?? 0) - 1;
              return (
                <tr key={item} data-item={item} className={ROW}>
                  <th scope="row" className="border-b border-line px-3 py-1 text-left font-normal">
                    <button type="button" aria-label={`Open item ${item}`} className="text-accent hover:underline" onClick={() => onChoose(item)}>
                      {item}
                    </button>
                  </th>
                  {columns.map((column) => (
                    <td key={`${column.metric} ${column.figure}`} className={`${CELL} font-mono text-xs tabular-nums`}>
                      {figureOf(summaryOf(each, column.metric), column.figure)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {said.length > limit && (
        <button type="button" onClick={() => setLimit(limit * 4)} className="self-start text-sm text-accent hover:underline">
          {said.length - limit} more items
        </button>
      )}
      {names.length > shown.length && <p className="text-xs text-ink-2">The first {shown.length} of {names.length} metrics are in this table.</p>}
    </div>
  );
}

function figureOf(summary: Summary | undefined, by: keyof Summary): string {
  return summary ? figure(summary[by]) : "–";
}
