import clsx from "clsx";
import { X } from "lucide-react";
import { valueCell, type ExecutionValues } from "@/compare/column";
import type { ColumnLook, ValueColumn } from "@/compare/columnKey";
import { printable } from "@/lib/printable";

/** By which column the rows that are loaded are sorted. */
export interface ValueSort {
  key: string;
  isDown: boolean;
}

export interface ValueColumns {
  columns: readonly ValueColumn[];
  /** Of each. */
  looks: readonly ColumnLook[];
  sort: ValueSort | undefined;
  /** None: the list is not of one program, or too long. */
  onSort: ((sort: ValueSort | undefined) => void) | undefined;
  onRemove: (key: string) => void;
}

const BEFORE = "1.25rem 7.5rem minmax(12rem, 3fr)";
const TARGET = "minmax(7rem, 2fr)";
const BEHIND = "minmax(5rem, 1fr) minmax(4rem, 0.8fr) 6.5rem 6.5rem";
const OTHERS = 58;
const GAP = 0.75;
/** A number stands beneath the name of its column, not beneath the button behind it. */
const NUMBER = "md:pr-5.5 md:text-right tabular-nums";

/** How wide the list's columns are with these among them, and the whole at least; in rem. */
export function columnStyle(looks: readonly ColumnLook[], hasTarget: boolean): React.CSSProperties {
  if (looks.length === 0 && hasTarget) return {};
  return {
    "--columns": `${BEFORE} ${looks.map(({ width }) => `minmax(${width}rem, 1fr)`).join(" ")} ${hasTarget ? TARGET : ""} ${BEHIND}`,
    "--least": looks.length === 0 ? undefined : `${looks.reduce((sum, { width }) => sum + width + GAP, OTHERS)}rem`,
  } as React.CSSProperties;
}

/** px that values take in a card, two a line. */
export function valueLines(columns: number): number {
  return columns > 0 ? Math.ceil(columns / 2) * 20 + 4 : 0;
}

export function ValueHeads({ values: { columns, looks, sort, onSort, onRemove } }: { values: ValueColumns }) {
  return columns.map((column, at) => {
    const label = printable(looks[at]?.label, 80);
    const isSorted = sort?.key === column.key;
    const title = `${column.kind.slice(0, -1)} ${printable(column.name)}${column.nodeId ? ` of node ${printable(column.nodeId)}` : ""}`;
    const next = { key: column.key, isDown: !isSorted || !sort.isDown };
    return (
      <span role="columnheader" key={column.key} data-column={column.key} aria-sort={isSorted ? (sort.isDown ? "descending" : "ascending") : onSort ? "none" : undefined} className={clsx("flex min-w-0 items-center", looks[at]?.isNumber && "justify-end")}>
        {onSort ? (
          <button type="button" title={`${title}: sort what is loaded by it`} onClick={() => onSort(next)} className="min-w-0 truncate font-medium hover:text-ink">
            {label}
            <span aria-hidden>{isSorted ? (sort.isDown ? " ↓" : " ↑") : ""}</span>
          </button>
        ) : (
          <span title={`${title}. Filter by one workflow to sort by it`} className="min-w-0 truncate">
            {label}
          </span>
        )}
        <button type="button" aria-label={`Remove column ${label}`} title={`Remove column ${label}`} onClick={() => onRemove(column.key)} className="ml-0.5 grid size-5 shrink-0 place-items-center rounded text-ink-3 hover:bg-ground-3 hover:text-ink">
          <X aria-hidden className="size-3" />
        </button>
      </span>
    );
  });
}

/** What one execution has in the columns: cells of the row on a wide screen, names with values beneath it on a narrow one. */
export function ValueCells({ columns, looks, values }: { columns: readonly ValueColumn[]; looks: readonly ColumnLook[]; values: ExecutionValues | undefined }) {
  return (
    <div role="presentation" className="col-start-2 col-end-5 row-start-3 grid grid-cols-2 content-start gap-x-4 self-start md:contents">
      {columns.map((column, at) => {
        const cell = values && valueCell(values, column);
        return (
          <span role="gridcell" key={column.key} data-column={column.key} title={cell && printable(cell.whole ?? cell.text)} className="flex h-5 min-w-0 gap-1.5 text-xs md:h-auto md:text-sm">
            <span className="max-w-[60%] shrink-0 truncate text-ink-2 md:hidden">{printable(looks[at]?.label, 80)}</span>
            <span data-value="" className={clsx("min-w-0 flex-1 truncate", looks[at]?.isNumber && NUMBER, cell?.isAbout && "text-ink-2")}>
              {cell && printable(cell.text, 300)}
            </span>
          </span>
        );
      })}
    </div>
  );
}
