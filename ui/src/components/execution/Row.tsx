import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { memo } from "react";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago, Elapsed } from "@/components/ui/Time";
import type { ExecutionValues } from "@/compare/column";
import type { ColumnLook, ValueColumn } from "@/compare/columnKey";
import type { Execution } from "@/idl";
import { pageOf } from "@/lib/entity";
import { headline } from "@/lib/error";
import { labelText, type ExecutionFilters } from "@/lib/executionSearch";
import { idText, shortName } from "@/lib/id";
import { isTerminal } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { ValueCells } from "./ValueCells";
import { useShownPhase } from "./asking";
import { beganAt, executionFields } from "./fields";

interface RowProps {
  execution: Execution;
  index: number;
  isActive: boolean;
  isChosen: boolean;
  onChoose: (ids: readonly string[], isChosen: boolean) => void;
  columns: readonly ValueColumn[];
  looks: readonly ColumnLook[];
  values: ExecutionValues | undefined;
  /** The filters of the list: a label is added to them. */
  filters: ExecutionFilters;
  /** Says what each runs; left out where all run the same. */
  hasTarget: boolean;
  /** px from the top of all rows. */
  top: number;
  height: number;
}

/** Tags and labels that a row has room for. */
const MARKS = 3;
const MARK = "hidden max-w-32 truncate rounded bg-ground-3 px-1.5 text-xs text-ink-2 lg:inline";

/** The name stays in sight while the columns behind it are scrolled. */
export const NAME_STAYS = "md:sticky md:left-0 md:z-[1] md:-ml-3 md:bg-inherit md:pl-3";

/** One execution: its cells on a wide screen, two lines on a narrow one, and what else was chosen beneath them. */
export const Row = memo(function Row({ execution, index, isActive, isChosen, onChoose, columns, looks, values, filters, hasTarget, top, height }: RowProps) {
  const fields = executionFields(execution);
  const { project, domain, name, target, targetId, version, user, labels, tags, error } = fields;
  const hint = error ? printable(headline(error), 300) : undefined;
  const phase = useShownPhase(execution.id, fields.phase);
  const isOver = isTerminal(fields.phase);
  return (
    <div
      role="row"
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-execution={name}
      title={hint}
      style={{ top, height }}
      className={clsx(
        "absolute inset-x-0 grid grid-cols-[1.25rem_6.25rem_minmax(0,1fr)_auto] items-center gap-x-3 border-b border-line px-4 text-sm hover:bg-ground-2 md:grid-cols-(--columns)",
        isChosen ? "bg-accent-ground" : "bg-ground",
        columns.length > 0 && "max-md:grid-rows-[1.75rem_1.5rem_1fr]",
        isActive && "group-focus:ring-2 group-focus:ring-accent group-focus:ring-inset",
      )}
    >
      <span role="gridcell" className="row-span-2 flex items-center md:row-span-1">
        <input type="checkbox" aria-label={`Choose ${name}`} className="size-4 accent-accent" checked={isChosen} onChange={(event) => onChoose([idText(execution.id)], event.target.checked)} tabIndex={-1} />
      </span>
      <span role="gridcell" className="flex items-center">
        <PhaseBadge phase={phase} isShort />
      </span>
      <span role="gridcell" className={clsx("flex min-w-0 items-center gap-2", columns.length > 0 && `md:my-0.5 md:self-stretch ${NAME_STAYS}`)}>
        <Link to="/executions/$project/$domain/$name" params={{ project, domain, name }} className="truncate font-medium hover:underline">
          {printable(name, 120)}
        </Link>
        {tags.slice(0, MARKS).map((tag) => (
          <span key={tag} className={MARK}>
            {printable(tag, 60)}
          </span>
        ))}
        {/* As the box that chooses: by keys one goes through rows, and what a row names is in the head of its page. */}
        {labels.slice(0, Math.max(0, MARKS - tags.length)).map(([key, value]) => (
          <Link key={key} to="/executions" search={{ project, domain, ...filters, labels: withLabel(filters.labels, labelText(key, value)) }} tabIndex={-1} className={clsx(MARK, "hover:text-ink hover:underline")} title="Only those with this label">
            {printable(labelText(key, value), 60)}
          </Link>
        ))}
      </span>
      {columns.length > 0 && <ValueCells columns={columns} looks={looks} values={values} />}
      {hasTarget && (
        <span role="gridcell" title={printable(target, 200)} className="col-start-3 row-start-2 truncate text-xs text-ink-2 md:col-auto md:row-auto md:text-sm md:text-ink">
          {printable(shortName(target), 120)}
        </span>
      )}
      <span role="gridcell" className={clsx("truncate font-mono text-xs text-ink-2 md:col-auto md:row-auto md:inline", hasTarget ? "hidden" : "col-start-3 row-start-2")}>
        <Link {...pageOf(targetId)} search={{ version, tab: "code" }} tabIndex={-1} className="hover:text-ink hover:underline" title={`Code of version ${printable(version, 200)}`}>
          {printable(version, 60)}
        </Link>
      </span>
      <span role="gridcell" className="hidden truncate text-ink-2 md:inline">
        {printable(user, 40)}
      </span>
      <span role="gridcell" className="col-start-4 row-start-2 text-right text-xs tabular-nums md:col-auto md:row-auto md:text-sm">
        {isOver && !Number.isFinite(fields.endedAt) ? "–" : <Elapsed from={beganAt(fields)} to={isOver ? fields.endedAt : undefined} />}
      </span>
      <span role="gridcell" className="col-start-4 row-start-1 text-right text-xs whitespace-nowrap text-ink-2 md:col-auto md:row-auto">
        <Ago at={fields.createdAt} />
      </span>
    </div>
  );
});

function withLabel(labels: readonly string[] | undefined, added: string): string[] {
  return [...new Set([...(labels ?? []), added])];
}
