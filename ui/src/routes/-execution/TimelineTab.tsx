import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { AttemptStore, blockOf, keyOf, type Piece } from "@/api/run/attempts";
import { BarView, ItemsBar } from "@/components/timeline/Bars";
import { Timeline } from "@/components/timeline/Timeline";
import { Failure } from "@/components/ui/State";
import { nodeRows } from "@/graph/rows";
import { isTerminal } from "@/lib/phase";
import { useNow } from "@/lib/useNow";
import { barsOf, timelineRows, spanOfAll, wholeOf, type Span, type TimelineRow } from "@/timeline/layout";
import { useRunPage } from "./page";

/** When what ran, and where its time went. Nodes come with the run; attempts are read as they come into view. */
export function TimelineTab({ selected }: { selected: string | undefined }) {
  const { id, store, run, graphs, open } = useRunPage();
  const isRunning = !isTerminal(run.execution?.closure?.phase);
  const tick = useNow(isRunning ? 1000 : 3_600_000);
  const [attempts] = useState(() => new AttemptStore(id, store));
  const read = useSyncExternalStore(attempts.subscribe, attempts.current);
  const nodes = useMemo(() => nodeRows(run.nodes, graphs.describer), [run, graphs.describer]);
  const rows = useMemo(() => timelineRows(nodes, ({ id: nodeId, kind }) => kind === "map" || run.nodes.get(nodeId)?.metadata?.is_array === true), [nodes, run]);
  const now = isRunning ? Math.max(tick, Date.now() - 1000) : tick;
  const span = useMemo(() => spanOfAll(nodes, now), [nodes, now]);
  const onSeen = useCallback((seen: readonly TimelineRow[]) => attempts.want(piecesOf(seen)), [attempts]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `read` counts what has been read
  const items = useCallback((nodeId: string) => attempts.spansOf(nodeId)?.size ?? 0, [attempts, read]);

  function bars(row: TimelineRow, window: Span) {
    const share = (at: number) => ((at - window.from) / (window.to - window.from)) * 100;
    const spans = row.isMap ? attempts.spansOf(row.nodeId) : undefined;
    if (spans?.begin) return <ItemsBar spans={spans} row={row} window={window} onOpen={open} />;
    const tries = row.item === undefined ? attempts.of(row.nodeId) : attempts.ofItem(row.nodeId, row.item);
    const shown = tries?.length ? barsOf(tries, now) : row.node ? wholeOf(row.node, now) : [];
    return shown.map((bar) => <BarView key={bar.attempt} bar={bar} row={row} left={share(bar.from)} right={share(bar.to)} onOpen={open} />);
  }

  function look(row: TimelineRow) {
    const last = row.item === undefined ? undefined : attempts.ofItem(row.nodeId, row.item)?.at(-1);
    return last ? { phase: last.phase ?? "UNDEFINED", isCached: last.cache_status === "CACHE_HIT" } : row;
  }

  return (
    <div className="flex h-full flex-col">
      {attempts.error !== undefined && <Failure error={attempts.error} onRetry={() => attempts.retry()} title="Attempts could not be read" />}
      <Timeline rows={rows} span={span} items={items} now={isRunning ? now : undefined} selected={selected} onOpen={open} onSeen={onSeen} bars={bars} look={look} />
    </div>
  );
}

/** What is to be read for the rows in view. */
function piecesOf(rows: readonly TimelineRow[]): Piece[] {
  const pieces = rows.flatMap(({ nodeId, item, isMap }): Piece[] => {
    if (item === undefined) return [isMap ? { nodeId, isSpans: true } : { nodeId }];
    // Of an opened map that is scrolled out of view it is still said how many items it has.
    return [blockOf(nodeId, item), { nodeId, isSpans: true }];
  });
  return [...new Map(pieces.map((piece) => [keyOf(piece), piece])).values()];
}
