import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { PhaseSign } from "@/components/ui/Phase";
import { None } from "@/components/ui/State";
import { isSameCell, type Cell } from "@/compare/cell";
import type { Group } from "@/compare/table";
import { printable } from "@/lib/printable";
import { inWords } from "@/lib/time";
import type { Column } from "./Columns";

/** On a phone two executions are side by side, whatever they hold, beside what is compared. */
const WHAT = "px-4 max-sm:w-26 max-sm:max-w-26 max-sm:min-w-26 max-sm:px-2 sm:max-w-64 sm:min-w-40";
const HALF = { "--run": "calc((100cqw - 6.5rem) / 2)" } as React.CSSProperties;
const RUN = "max-sm:w-(--run) max-sm:max-w-(--run) max-sm:min-w-(--run) sm:max-w-56";

/** What executions have in common or not, a row for each thing and a column for each execution. */
export function Differences({ groups, columns, areAllShown }: { groups: readonly Group[]; columns: readonly Column[]; areAllShown: boolean }) {
  const shown = groups.map((group) => ({ ...group, rows: areAllShown ? group.rows : group.rows.filter(({ isSame }) => !isSame) })).filter(({ rows }) => rows.length > 0);
  if (shown.length === 0) return <None>They are the same in everything that is on record.</None>;
  return (
    <div className="@container flex h-full flex-col">
      <p className="px-4 py-2 text-xs text-ink-2">
        <span className="rounded bg-warn-ground px-1 py-0.5 text-ink">Highlighted</span> is what differs from the first, <span className="font-medium text-ink">{printable(columns[0]?.label, 60)}</span>.
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <div className="min-h-0 flex-1 snap-x snap-mandatory scroll-pl-26 overflow-auto sm:snap-none" style={HALF} tabIndex={0} role="region" aria-label="Differences">
        <table className="border-separate border-spacing-0 text-sm">
          <thead>
            <tr>
              <th scope="col" className={`${WHAT} sticky top-0 left-0 z-20 border-r border-b border-line bg-ground-2 py-2 text-left text-xs font-medium text-ink-2`}>
                What
              </th>
              {columns.map((column) => (
                <th key={column.id} scope="col" className={`${RUN} sticky top-0 z-10 snap-start border-b border-line bg-ground-2 px-3 py-2 text-left font-medium max-sm:px-2`}>
                  <span className="flex items-center gap-1.5">
                    <PhaseSign phase={column.phase} />
                    <Link to="/executions/$project/$domain/$name" params={column.params} title={printable(column.params.name, 200)} className="max-sm:[overflow-wrap:anywhere] sm:truncate hover:underline">
                      {printable(column.label, 60)}
                    </Link>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          {shown.map(({ key, title, rows }) => (
            <tbody key={key}>
              <tr>
                <th scope="rowgroup" colSpan={columns.length + 1} className="border-b border-line bg-ground px-4 pt-4 pb-1 text-left text-xs font-semibold text-ink-2">
                  <span className="sticky left-4">{title}</span>
                </th>
              </tr>
              {rows.map((row) => (
                <tr key={row.key} data-row={row.key}>
                  <th scope="row" title={printable(row.name, 200)} className={`${WHAT} sticky left-0 z-10 border-r border-b border-line bg-ground py-1.5 text-left font-mono text-xs font-normal max-sm:[overflow-wrap:anywhere] sm:truncate`}>
                    {printable(row.name, 120)}
                  </th>
                  {row.cells.map((cell, at) => (
                    <td
                      key={columns[at]?.id}
                      title={cell && printable(cell.text, 1000)}
                      className={clsx(RUN, "border-b border-line px-3 py-1.5 font-mono text-xs max-sm:px-2 max-sm:align-top max-sm:text-[11px] max-sm:[overflow-wrap:anywhere] sm:truncate", row.isSame ? "text-ink-2" : !isSameCell(row.cells[0], cell) && "bg-warn-ground")}
                    >
                      <Value cell={cell} isSpan={row.isSpan} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </div>
  );
}

export function Value({ cell, isSpan }: { cell: Cell | undefined; isSpan?: boolean }) {
  if (!cell) return <span className="text-ink-3">–</span>;
  return isSpan && cell.text === String(cell.number) ? inWords(cell.number) : printable(cell.brief ?? cell.text, 300);
}
