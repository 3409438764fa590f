import { Link } from "@tanstack/react-router";
import { createColumnHelper, flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type SortingState } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { curveColour } from "@/components/chart/colours";
import { PhaseSign } from "@/components/ui/Phase";
import { HEAD, TABLE } from "@/components/ui/table";
import { roundedCell, type Cell } from "@/compare/cell";
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
const KINDS: readonly Group["key"][] = ["inputs", "parameters", "outputs", "metrics"];

/** A line for each execution with what went in, scalar outputs and last metrics, sorted by any of them. */
export function RunTable({ groups, columns, onHover }: { groups: readonly Group[]; columns: readonly Column[]; onHover: (id: string | undefined) => void }) {
  const isDark = useIsDark();
  const [sorting, setSorting] = useState<SortingState>([]);
  const data = useMemo(() => columns.map((column, at): Line => ({ at, column })), [columns]);
  const defined = useMemo(() => {
    const rows = groups
      .filter(({ key }) => KINDS.includes(key))
      .flatMap(({ key, rows }) => rows.filter((row) => key === "metrics" || key === "outputs" || !row.isSame).map((row) => ({ ...row, kind: ONE[key] ?? "" })));
    const names = rows.map(({ name }) => name);
    const isTwice = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
    const whole = groups.find(({ key }) => key === "durations")?.rows[0];
    return [
      helper.accessor(({ column }) => column.params.name, { id: "execution", header: "Execution" }),
      ...[...rows, ...(whole ? [{ ...whole, kind: "" }] : [])].map((row) =>
        helper.accessor(({ at }) => row.cells[at], {
          id: row.key,
          header: row.isSpan ? "duration" : isTwice(row.name) ? `${row.name} (${row.kind})` : row.name,
          sortingFn: (a, b, id) => order(a.getValue<Cell | undefined>(id), b.getValue<Cell | undefined>(id)),
          sortUndefined: "last",
          sortDescFirst: false,
          cell: (context) => {
            const cell = context.getValue();
            return cell && !row.isSpan ? <Rounded cell={cell} /> : <Value cell={cell} isSpan={row.isSpan} />;
          },
        }),
      ),
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
                    className={`${HEAD} first:left-0 first:z-20`}
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
                      <Link to="/executions/$project/$domain/$name" params={original.column.params} className="truncate font-medium hover:underline max-sm:max-w-24">
                        {printable(original.column.params.name, 60)}
                      </Link>
                    </span>
                  </th>
                ) : (
                  <td key={cell.id} className="max-w-48 truncate border-b border-line px-3 py-1.5 font-mono text-xs">
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

function Rounded({ cell }: { cell: Cell }) {
  const rounded = roundedCell(cell);
  return <span title={rounded.text === cell.text && !cell.brief ? undefined : printable(cell.text, 1000)}>{printable(rounded.brief ?? rounded.text, 300)}</span>;
}

function order(a: Cell | undefined, b: Cell | undefined): number {
  if (!a || !b) return Number(!a) - Number(!b);
  if (!Number.isNaN(a.number) && !Number.isNaN(b.number)) return a.number - b.number;
  return Number(Number.isNaN(a.number)) - Number(Number.isNaN(b.number)) || a.text.localeCompare(b.text);
}
