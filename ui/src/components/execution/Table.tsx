import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { ExecutionValues } from "@/compare/column";
import type { Execution } from "@/idl";
import { idText } from "@/lib/id";
import { actionOf } from "@/lib/shortcuts";
import { useIsNarrow } from "@/lib/useIsNarrow";
import { nextIndex } from "@/components/ui/listNavigation";
import { NAME_STAYS, Row } from "./Row";
import { columnStyle, ValueHeads, valueLines, type ValueColumns } from "./ValueCells";
import type { ExecutionFilters } from "@/lib/executionSearch";

export interface TableProps {
  executions: readonly Execution[];
  /** Of the whole list, for those who cannot see the scroll bar; −1: not known. */
  total: number;
  chosen: ReadonlySet<string>;
  onChoose: (ids: readonly string[], isChosen: boolean) => void;
  /** What the list is restricted to. */
  filters: ExecutionFilters;
  /** All are of one workflow, task or launch plan: it is not said of each. */
  isOfOne?: boolean;
  order: ExecutionFilters["order"];
  onOrder: (order: ExecutionFilters["order"]) => void;
  /** The end of what is loaded comes near. */
  onEnd: (() => void) | undefined;
  /** What stands beside each of them. */
  values: ValueColumns;
  valuesOf: (id: Execution["id"]) => ExecutionValues | undefined;
  /** Which rows are in sight, from one to another. */
  onSeen: (first: number, last: number) => void;
}

const NEAR_END = 30;

/** Executions as rows of which only those in sight are in the page; moved through by arrows or j and k, opened by Enter, chosen by x. */
export function ExecutionTable({ executions, total, chosen, onChoose, filters, isOfOne = false, order, onOrder, values, valuesOf, onEnd, onSeen }: TableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // By its id: others come to stand above it while one looks.
  const [activeId, setActiveId] = useState("");
  const active = Math.max(0, executions.findIndex(({ id }) => idText(id) === activeId));
  const isNarrow = useIsNarrow();
  const height = isNarrow ? 60 + valueLines(values.columns.length) : 37;
  const navigate = useNavigate();
  const rows = useVirtualizer({
    count: executions.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (executions.length > 0 && last >= executions.length - NEAR_END) onEnd?.();
  }, [last, executions.length, onEnd]);
  const first = items[0]?.index ?? 0;
  useEffect(() => onSeen(first, last), [first, last, onSeen]);
  useEffect(() => rows.measure(), [rows, height]);

  function onKeyDown(event: KeyboardEvent): void {
    const action = actionOf("executions", event);
    const next = action === "down" ? Math.min(executions.length - 1, active + 1) : action === "up" ? Math.max(0, active - 1) : nextIndex(event, active, executions.length);
    const id = executions[active]?.id;
    if (event.target instanceof HTMLInputElement && !["down", "up"].includes(actionOf("list", event) ?? "")) return;
    if (next !== undefined) {
      setActiveId(idText(executions[next]?.id));
      rows.scrollToIndex(next);
    } else if (action === "open" && id && event.target === scroller.current) {
      const { project = "", domain = "", name = "" } = id;
      void navigate({ to: "/executions/$project/$domain/$name", params: { project, domain, name } });
    } else if (action === "choose" && id) onChoose([idText(id)], !chosen.has(idText(id)));
    else return;
    event.preventDefault();
  }

  const hasValues = values.columns.length > 0;
  const areAllChosen = executions.length > 0 && executions.every(({ id }) => chosen.has(idText(id)));
  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Executions"
      data-executions=""
      aria-rowcount={total >= 0 ? total + 1 : -1}
      aria-multiselectable
      aria-activedescendant={executions.length ? `row-${active}` : undefined}
      onKeyDown={onKeyDown}
      style={columnStyle(values.looks, !isOfOne)}
      className="group min-h-0 flex-1 overflow-auto"
    >
      <div role="row" aria-rowindex={1} className="sticky top-0 z-10 hidden h-8 min-w-(--least) grid-cols-(--columns) items-center gap-3 border-b border-line bg-ground-2 px-4 text-xs font-medium text-ink-2 md:grid">
        <span role="columnheader" className="flex items-center">
          <input
            type="checkbox"
            aria-label="Choose all that are loaded"
            className="size-4 accent-accent"
            checked={areAllChosen}
            onChange={(event) => onChoose(executions.map(({ id }) => idText(id)), event.target.checked)}
          />
        </span>
        <span role="columnheader">Phase</span>
        <span role="columnheader" className={hasValues ? NAME_STAYS : ""}>
          Execution
        </span>
        <ValueHeads values={values} />
        {[...(isOfOne ? [] : ["Workflow or task"]), "Version", "Who"].map((name) => (
          <span role="columnheader" key={name} className="truncate">
            {name}
          </span>
        ))}
        <Sorted name="Duration" field="duration" order={values.sort ? undefined : order} onOrder={onOrder} />
        <Sorted name="Created" field="created_at" order={values.sort ? undefined : (order ?? "-created_at")} onOrder={onOrder} />
      </div>
      <div role="presentation" className="relative md:min-w-(--least)" style={{ height: rows.getTotalSize() }}>
        {items.map(({ index, start, size }) => {
          const execution = executions[index];
          if (!execution) return null;
          const id = idText(execution.id);
          return (
            <Row
              key={id}
              execution={execution}
              index={index}
              isActive={index === active}
              isChosen={chosen.has(id)}
              onChoose={onChoose}
              columns={values.columns}
              looks={values.looks}
              values={hasValues ? valuesOf(execution.id) : undefined}
              filters={filters}
              hasTarget={!isOfOne}
              top={start}
              height={size}
            />
          );
        })}
      </div>
    </div>
  );
}

function Sorted({ name, field, order, onOrder }: { name: string; field: "created_at" | "duration"; order: ExecutionFilters["order"]; onOrder: TableProps["onOrder"] }) {
  const isDown = order === `-${field}`;
  const isUp = order === field;
  return (
    <span role="columnheader" aria-sort={isDown ? "descending" : isUp ? "ascending" : "none"} className="text-right">
      <button type="button" className="font-medium hover:text-ink" onClick={() => onOrder(isDown ? field : `-${field}`)}>
        {name}
        <span aria-hidden>{isDown ? " ↓" : isUp ? " ↑" : ""}</span>
      </button>
    </span>
  );
}
