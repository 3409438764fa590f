import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { AttemptBook, BLOCK, type Piece } from "@/api/run/attempts";
import { BarView, ItemsBar } from "@/components/timeline/Bars";
import { Timeline } from "@/components/timeline/Timeline";
import { Failure } from "@/components/ui/State";
import { nodeRows } from "@/graph/rows";
import { isTerminal } from "@/lib/phase";
import { useNow } from "@/lib/useNow";
import { barsOf, nodeLines, spanOfAll, wholeOf, type Span, type TimelineRow } from "@/timeline/layout";
import { useRunPage } from "./page";

/** When what ran, and where its time went. Nodes come with the run; attempts are read as they come into view. */
export function TimelineTab({ selected }: { selected: string | undefined }) {
  const { id, store, run, graphs, open } = useRunPage();
  const isRunning = !isTerminal(run.execution?.closure?.phase);
  const tick = useNow(isRunning ? 1000 : 3_600_000);
  const [book] = useState(() => new AttemptBook(id, store));
  const read = useSyncExternalStore(book.subscribe, book.current);
  const nodes = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const rows = useMemo(() => nodeLines(nodes, ({ id: nodeId, kind }) => kind === "map" || run.nodes.get(nodeId)?.metadata?.is_array === true), [nodes, run]);
  const now = isRunning ? Math.max(tick, Date.now() - 1000) : tick;
  const span = useMemo(() => spanOfAll(nodes, now), [nodes, now]);
  const onSeen = useCallback((seen: readonly TimelineRow[]) => book.want(piecesOf(seen)), [book]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `read` counts what has been read
  const items = useCallback((nodeId: string) => book.spansOf(nodeId)?.size ?? 0, [book, read]);

  function bars(row: TimelineRow, window: Span) {
    const share = (at: number) => ((at - window.from) / (window.to - window.from)) * 100;
    const spans = row.isMap ? book.spansOf(row.nodeId) : undefined;
    if (spans?.begin) return <ItemsBar spans={spans} row={row} window={window} onOpen={open} />;
    const attempts = row.item === undefined ? book.of(row.nodeId) : book.ofItem(row.nodeId, row.item);
    const shown = attempts?.length ? barsOf(attempts, now) : row.node ? wholeOf(row.node, now) : [];
    return shown.map((bar) => <BarView key={bar.attempt} bar={bar} row={row} left={share(bar.from)} right={share(bar.to)} onOpen={open} />);
  }

  function look(row: TimelineRow) {
    const last = row.item === undefined ? undefined : book.ofItem(row.nodeId, row.item)?.at(-1);
    return last ? { phase: last.phase ?? "UNDEFINED", isCached: last.cache_status === "CACHE_HIT" } : row;
  }

  return (
    <div className="flex h-full flex-col">
      {book.error !== undefined && <Failure error={book.error} onRetry={() => book.retry()} title="Attempts could not be read" />}
      <Timeline rows={rows} span={span} items={items} now={isRunning ? now : undefined} selected={selected} onOpen={open} onSeen={onSeen} bars={bars} look={look} />
    </div>
  );
}

/** What is to be read for the rows in view. */
function piecesOf(rows: readonly TimelineRow[]): Piece[] {
  const pieces = new Map<string, Piece>();
  for (const { nodeId, item, isMap } of rows) {
    if (item !== undefined) pieces.set(`${nodeId}|${Math.floor(item / BLOCK)}`, { nodeId, block: Math.floor(item / BLOCK) });
    // Of an opened map that is scrolled out of view it is still said how many items it has.
    if (item !== undefined || isMap) pieces.set(`${nodeId}|spans`, { nodeId, isSpans: true });
    else pieces.set(nodeId, { nodeId });
  }
  return [...pieces.values()];
}
