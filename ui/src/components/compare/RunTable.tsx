import { Link } from "@tanstack/react-router";
import { createColumnHelper, flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type SortingState } from "@tanstack/react-table";
import clsx from "clsx";
import { useMemo, useState } from "react";
import { curveColour } from "@/components/chart/colours";
import { PhaseSign } from "@/components/ui/Phase";
import { HEAD, TABLE } from "@/components/ui/table";
import { roundedCell, type Cell } from "@/compare/cell";
import { bestOf, betterEnd, isNumeric, shareOf, tableRows } from "@/compare/best";
import type { Group } from "@/compare/table";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";
import type { Column } from "./Columns";
import { Value } from "./Differences";

interface Line {
  at: number;
  column: Column;
}

const helper = createColumnHelper<Line>();
const ONE: Partial<Record<Group["key"], string>> = { inputs: "input", parameters: "parameter", outputs: "output", metrics: "metric" };
const IS_RESULT: readonly Group["key"][] = ["metrics", "outputs"];

/** A line for each execution with its last metrics and outputs, what went in and how long it took, sorted by any of them. */
export function RunTable({ groups, columns, onHover }: { groups: readonly Group[]; columns: readonly Column[]; onHover: (id: string | undefined) => void }) {
  const isDark = useIsDark();
  const [sorting, setSorting] = useState<SortingState>([]);
  const data = useMemo(() => columns.map((column, at): Line => ({ at, column })), [columns]);
  const defined = useMemo(() => {
    const rows = tableRows(groups);
    const names = rows.map(({ name }) => name);
    const isTwice = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
    return [
      helper.accessor(({ column }) => column.label, { id: "execution", header: "Execution" }),
      ...rows.map((row) => {
        const best = bestOf(row);
        return helper.accessor(({ at }) => row.cells[at], {
          id: row.key,
          header: row.isSpan ? "duration" : isTwice(row.name) ? `${row.name} (${ONE[row.group] ?? ""})` : row.name,
          sortingFn: (a, b, id) => order(a.getValue<Cell | undefined>(id), b.getValue<Cell | undefined>(id)),
          sortUndefined: "last",
          // The best comes first: what is no result, or may be better either way, begins with the least.
          sortDescFirst: betterEnd(row.name) === "high",
          meta: { isNumber: isNumeric(row) },
          cell: (context) => {
            const cell = context.getValue();
            if (!cell || row.isSpan) return <Value cell={cell} isSpan={row.isSpan} />;
            return <Rounded cell={cell} isBest={cell.number === best} share={IS_RESULT.includes(row.group) ? shareOf(row, cell) : undefined} />;
          },
        });
      }),
    ];
  }, [groups]);
  const table = useReactTable({ data, columns: defined, state: { sorting }, onSortingChange: setSorting, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel() });
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div className="h-full overflow-auto" tabIndex={0} role="region" aria-label="Executions in a table">
      <table className={TABLE}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                    className={clsx(HEAD, "first:left-0 first:z-20", isNumber(header.column) && "text-right")}
                  >
                    <button type="button" className="font-medium hover:text-ink" onClick={header.column.getToggleSortingHandler()}>
                      {flexRender(header.column.columnDef.header, header.getContext())}
                      <span aria-hidden>{sorted === "asc" ? " ↑" : sorted === "desc" ? " ↓" : ""}</span>
                    </button>
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map(({ id, original, getVisibleCells }) => (
            <tr key={id} data-run={original.column.params.name} className="hover:bg-ground-2" onMouseEnter={() => onHover(original.column.id)} onMouseLeave={() => onHover(undefined)}>
              {getVisibleCells().map((cell, index) =>
                index === 0 ? (
                  <th key={cell.id} scope="row" className="sticky left-0 border-b border-line bg-ground px-3 py-1.5 text-left font-normal max-sm:px-2">
                    <span className="flex items-center gap-2 whitespace-nowrap">
                      <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(original.at, isDark) }} />
                      <PhaseSign phase={original.column.phase} />
                      <Link to="/executions/$project/$domain/$name" params={original.column.params} title={printable(original.column.params.name, 200)} className="max-w-72 truncate font-medium hover:underline max-sm:max-w-24">
                        {printable(original.column.label, 60)}
                      </Link>
                    </span>
                  </th>
                ) : (
                  <td key={cell.id} className={clsx("max-w-48 truncate border-b border-line px-3 py-1.5 font-mono text-xs", isNumber(cell.column) && "text-right tabular-nums")}>
                    {flexRender(cell.column.columnDef.cell, cell.getContext())}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isNumber(column: { columnDef: { meta?: { isNumber?: boolean } } }): boolean {
  return column.columnDef.meta?.isNumber ?? false;
}

/** A value; of a result a bar says where between the least and the largest it lies, and the best says so. */
function Rounded({ cell, isBest, share }: { cell: Cell; isBest: boolean; share: number | undefined }) {
  const rounded = roundedCell(cell);
  const whole = rounded.text === cell.text && !cell.brief ? undefined : printable(cell.text, 1000);
  return (
    <span title={isBest ? `The best: ${whole ?? rounded.text}` : whole} className={clsx(isBest && "font-bold text-accent")}>
      {isBest && <span aria-label="the best">★ </span>}
      {printable(rounded.brief ?? rounded.text, 300)}
      {share !== undefined && (
        <span aria-hidden className="mt-0.5 block h-0.5 rounded-full bg-ground-3">
          <span className="block h-full rounded-full bg-accent" style={{ width: `${100 * share}%` }} />
        </span>
      )}
    </span>
  );
}

function order(a: Cell | undefined, b: Cell | undefined): number {
  if (!a || !b) return Number(!a) - Number(!b);
  if (!Number.isNaN(a.number) && !Number.isNaN(b.number)) return a.number - b.number;
  return Number(Number.isNaN(a.number)) - Number(Number.isNaN(b.number)) || a.text.localeCompare(b.text);
}
