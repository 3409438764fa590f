import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ChevronDown, ChevronRight, ChevronsUpDown } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { KIND_SIGNS, KIND_WORDS } from "@/components/graph/NodeCard";
import { focusInList, nextIndex } from "@/components/ui/listNavigation";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago, Elapsed } from "@/components/ui/Time";
import { Empty } from "@/components/ui/State";
import { chooseRows, type NodeRow, type SortKey } from "@/graph/rows";
import { phaseWords } from "@/lib/phase";
import { SearchField } from "@/components/ui/SearchInput";
import { printable } from "@/lib/printable";

const COLUMNS: readonly { key: SortKey; title: string; className: string }[] = [
  { key: "name", title: "Node", className: "min-w-36 flex-1" },
  { key: "phase", title: "Phase", className: "w-28 shrink-0" },
  { key: "cache", title: "Cache", className: "hidden w-20 shrink-0 @xl:block" },
  { key: "startedAt", title: "Started", className: "hidden w-24 shrink-0 @2xl:block" },
  { key: "duration", title: "Duration", className: "hidden w-24 shrink-0 text-right @md:block" },
];
const ROW = 34;

/** All nodes that were reached, nested, until something is searched or sorted. */
export function NodeTable({ rows, attempts, selected, onOpen, onSeen }: {
  rows: readonly NodeRow[];
  /** How many attempts a node had, as far as that is known. */
  attempts: (id: string) => number | undefined;
  selected: string | undefined;
  onOpen: (id: string) => void;
  /** Which rows are in view. */
  onSeen: (rows: readonly NodeRow[]) => void;
}) {
  const [text, setText] = useState("");
  const [phases, setPhases] = useState<ReadonlySet<string>>(new Set());
  const [sort, setSort] = useState<{ key: SortKey; isDown: boolean }>({ key: "order", isDown: false });
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const counts = useMemo(() => countPhases(rows), [rows]);
  const { rows: shown, isNested } = useMemo(() => chooseRows(rows, text, phases, sort, collapsed), [rows, text, phases, sort, collapsed]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 15, useFlushSync: false });

  const items = list.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => onSeen(shown.slice(first, last + 1)), [shown, first, last, onSeen]);

  function toggle<T>(all: ReadonlySet<T>, one: T): Set<T> {
    const next = new Set(all);
    if (!next.delete(one)) next.add(one);
    return next;
  }

  function sortBy(key: SortKey): void {
    setSort(sort.key !== key ? { key, isDown: false } : sort.isDown ? { key: "order", isDown: false } : { key, isDown: true });
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const next = row ? nextIndex(event, Number(row.dataset["index"]), shown.length) : undefined;
    if (next === undefined) return;
    event.preventDefault();
    focusInList(scroller.current, `[data-index="${next}"] button[data-node-id]`, () => list.scrollToIndex(next));
  }

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2">
        <SearchField label="Filter nodes" placeholder="Filter by name, id or task" value={text} onChange={setText} className="!w-60" />
        {[...counts].map(([phase, count]) => (
          <button
            key={phase}
            type="button"
            aria-pressed={phases.has(phase)}
            onClick={() => setPhases(toggle(phases, phase))}
            className={clsx("h-7 rounded-full border px-2.5 text-xs", phases.has(phase) ? "border-accent bg-accent-ground font-medium" : "border-line text-ink-2 hover:bg-ground-3")}
          >
            {phaseWords(phase)} {count}
          </button>
        ))}
        <span className="ml-auto text-xs text-ink-2">{shown.length === rows.length ? `${rows.length} nodes` : `${shown.length} of ${rows.length}`}</span>
      </div>
      <div role="table" aria-label="Nodes" aria-rowcount={shown.length} className="@container flex min-h-0 flex-1 flex-col">
        <div role="row" className="flex gap-3 border-y border-line bg-ground-2 px-4 text-xs">
          {COLUMNS.map(({ key, title, className }) => (
            <div key={key} role="columnheader" aria-sort={sort.key === key ? (sort.isDown ? "descending" : "ascending") : "none"} className={className}>
              <button type="button" onClick={() => sortBy(key)} className="inline-flex h-7 items-center gap-1 font-medium text-ink-2 hover:text-ink">
                {title}
                {sort.key === key ? <ChevronDown aria-hidden className={clsx("size-3", !sort.isDown && "rotate-180")} /> : <ChevronsUpDown aria-hidden className="size-3 opacity-50" />}
              </button>
            </div>
          ))}
          <div role="columnheader" className="hidden w-16 shrink-0 py-1.5 text-right font-medium text-ink-2 @3xl:block">
            Attempts
          </div>
        </div>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its buttons have the focus, this moves among them */}
        <div ref={scroller} role="rowgroup" onKeyDown={onKeyDown} className="min-h-0 flex-1 overflow-auto">
          {shown.length === 0 && (
            <div role="row">
              <div role="cell">
                <Empty title={rows.length ? "No node is like that" : "No node was reached yet"} />
              </div>
            </div>
          )}
          <div role="presentation" className="relative" style={{ height: list.getTotalSize() }}>
            {items.map((item) => {
              const row = shown[item.index];
              return row ? (
                <div
                  key={row.id}
                  role="row"
                  data-index={item.index}
                  aria-selected={row.id === selected}
                  className={clsx("absolute top-0 left-0 flex w-full items-center gap-3 border-b border-line px-4 text-sm hover:bg-ground-2", row.id === selected && "bg-accent-ground")}
                  style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                >
                  <NameCell row={row} isNested={isNested} isCollapsed={collapsed.has(row.id)} onToggle={() => setCollapsed(toggle(collapsed, row.id))} onOpen={onOpen} />
                  <Cells row={row} attempts={attempts(row.id)} />
                </div>
              ) : null;
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function NameCell({ row, isNested, isCollapsed, onToggle, onOpen }: { row: NodeRow; isNested: boolean; isCollapsed: boolean; onToggle: () => void; onOpen: (id: string) => void }) {
  const Sign = KIND_SIGNS[row.kind];
  return (
    <div role="cell" className={clsx(COLUMNS[0]?.className, "flex items-center gap-1.5")}>
      {isNested && <span style={{ width: row.depth * 16 }} className="shrink-0" />}
      {isNested &&
        (row.hasChildren ? (
          <button type="button" aria-expanded={!isCollapsed} aria-label={`${isCollapsed ? "Expand" : "Collapse"} ${printable(row.name, 60)}`} onClick={onToggle} className="grid size-5 place-items-center rounded hover:bg-ground-3">
            {isCollapsed ? <ChevronRight aria-hidden className="size-3.5" /> : <ChevronDown aria-hidden className="size-3.5" />}
          </button>
        ) : (
          <span className="size-5 shrink-0" />
        ))}
      <Sign aria-label={KIND_WORDS[row.kind]} className="size-4 shrink-0 text-ink-3" />
      <button type="button" data-node-id={row.id} onClick={() => onOpen(row.id)} className="min-w-0 truncate text-left font-medium hover:text-accent hover:underline" title={printable(row.detail || row.name, 300)}>
        {printable(row.name, 100)}
      </button>
      <span className="truncate font-mono text-xs text-ink-2" title={row.id}>
        {printable(row.id, 100)}
      </span>
    </div>
  );
}

function Cells({ row, attempts }: { row: NodeRow; attempts: number | undefined }) {
  return (
    <>
      <div role="cell" className={COLUMNS[1]?.className}>
        <PhaseBadge phase={row.phase} />
      </div>
      <div role="cell" className={clsx(COLUMNS[2]?.className, "text-xs", row.cache === "hit" ? "text-cached" : "text-ink-2")}>
        {row.cache}
      </div>
      <div role="cell" className={clsx(COLUMNS[3]?.className, "text-xs text-ink-2")}>
        <Ago at={row.startedAt} />
      </div>
      <div role="cell" className={clsx(COLUMNS[4]?.className, "tabular-nums")}>
        {Number.isFinite(row.startedAt) ? <Elapsed from={row.startedAt} to={Number.isFinite(row.endedAt) ? row.endedAt : undefined} /> : "–"}
      </div>
      <div role="cell" className="hidden w-16 shrink-0 text-right tabular-nums @3xl:block">
        {attempts ?? ""}
      </div>
    </>
  );
}

function countPhases(rows: readonly NodeRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.phase, (counts.get(row.phase) ?? 0) + 1);
  return counts;
}
