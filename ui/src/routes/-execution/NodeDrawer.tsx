import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { attemptsQuery, metricsQuery } from "@/api/run/queries";
import { attemptKey, useRunNode } from "@/api/run/store";
import { KIND_SIGNS, KIND_WORDS } from "@/components/graph/NodeCard";
import { AttemptFacts } from "@/components/run/AttemptFacts";
import { AttemptPicker } from "@/components/run/AttemptPicker";
import { Drawer } from "@/components/run/Drawer";
import { ItemsGrid, NoItemsYet } from "@/components/run/ItemsGrid";
import { ExecutionLink } from "@/components/run/RunHeader";
import { Copy } from "@/components/ui/Copy";
import { PhaseBadge } from "@/components/ui/Phase";
import { Failure, Skeleton } from "@/components/ui/State";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { ErrorWords, RaisedLine, Trace } from "@/components/run/CausePanel";
import { parseError } from "@/lib/error";
import type { AttemptDetail } from "@/idl";
import { shownPhase } from "@/graph/waiting";
import { isTerminal } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { useNow } from "@/lib/useNow";
import { CachePart } from "./CachePart";
import { DeckPart } from "./DeckPart";
import { GatePart } from "./GatePart";
import { LogPart } from "./LogPart";
import { MapMetricsPart } from "./MapMetricsPart";
import { MapPart } from "./MapPart";
import { MetricsPart } from "./MetricsPart";
import { NodeActions } from "./NodeActions";
import { useRunPage } from "./page";
import type { Opener } from "./useOpener";
import { useIsMissing, useItems } from "./useItems";
import { useThrottled } from "@/lib/useThrottled";
import { versionOf } from "@/lib/versionOf";
import { ValuesPart } from "./ValuesPart";
import { VIEWS, type View } from "./views";

export interface DrawerSearch {
  node: string;
  attempt?: number;
  item?: number;
  view?: View;
  at?: "error";
}

export interface NodeDrawerProps {
  search: DrawerSearch;
  onChange: (change: Partial<DrawerSearch>) => void;
  opener: Opener;
  onClose: () => void;
}

/** Everything about one node. */
export function NodeDrawer({ search, onChange, opener, onClose }: NodeDrawerProps) {
  const { id, store, run, graphs } = useRunPage();
  const nodeId = search.node;
  const node = useRunNode(store, nodeId);
  const described = graphs.describer.describe(nodeId);
  const phase = node?.closure?.phase;
  const isMap = described.kind === "map" || node?.metadata?.is_array === true;
  const isWholeMap = isMap && search.item === undefined;
  const hasAttempts = node !== undefined && (isMap ? search.item !== undefined : node.closure?.task_node_metadata !== undefined);
  // What others do, and what is said of metrics, does not make its attempts others.
  const settled = useThrottled(versionOf(node), 800);
  const attempts = useQuery({ ...attemptsQuery(id, settled, nodeId, isMap ? search.item : undefined), enabled: hasAttempts });
  // While those of another item are read, the ones before are still there.
  const wanted = isMap ? (search.item ?? -1) + 1 : 0;
  const found = useMemo(
    () => (hasAttempts ? (attempts.data ?? []).filter((each) => each.node?.node_id === nodeId && (each.item ?? 0) === wanted) : []),
    [attempts.data, hasAttempts, nodeId, wanted],
  );
  const chosen = found.find((each) => each.retry_attempt === search.attempt) ?? found.at(-1);
  const deck = useDeck(nodeId, isMap ? search.item : -1, chosen);
  const Sign = KIND_SIGNS[described.kind];
  const child = chosen?.child ? { ...id, name: chosen.child } : node?.closure?.workflow_node_metadata?.executionId;
  const views = viewsOf({ isReached: node !== undefined, hasAttempts, isWholeMap, hasDeck: deck !== "", isTask: node?.closure?.task_node_metadata !== undefined });
  const isMissing = useIsMissing(nodeId, isMap ? search.item : undefined);
  const view = views.some((each) => each.value === search.view) ? (search.view ?? "overview") : "overview";
  const openItem = (item: number) => onChange({ item, attempt: undefined, at: undefined });

  return (
    <Drawer
      label={`Node ${described.name}`}
      takesFocus={opener.takesFocus}
      onClose={onClose}
      title={
        <div className="flex min-w-0 items-center gap-2">
          <Sign aria-hidden className="size-4 shrink-0 text-ink-3" />
          <h2 className="truncate font-semibold" title={printable(described.detail || described.name)}>
            {printable(described.name, 100)}
            {isMap && search.item !== undefined && `[${search.item}]`}
          </h2>
          {phase !== undefined && !isMissing && <PhaseBadge phase={isMap && search.item !== undefined ? (chosen?.phase ?? phase) : shownPhase(phase, described.kind)} />}
          <span className="hidden truncate font-mono text-xs text-ink-2 sm:inline">{nodeId}</span>
          <Copy text={nodeId} label="Copy the node's id" />
        </div>
      }
    >
      {node && <NodeActions nodeId={nodeId} name={described.name} />}
      {isMap && node && <Items nodeId={nodeId} chosen={search.item} onChoose={(item) => onChange({ item: item === search.item ? undefined : item, attempt: undefined, at: undefined })} />}
      {hasAttempts && <AttemptPicker attempts={found} chosen={chosen?.retry_attempt ?? 0} onChoose={(attempt) => onChange({ attempt, at: undefined })} />}
      <Tabs label="Of this node" value={view} onChange={(next) => onChange({ view: VIEWS.find((each) => each === next), at: undefined })} items={views}>
        <TabPanel value="overview">
          {(described.kind === "approval" || described.kind === "input") && <GatePart nodeId={nodeId} node={described.node} isApproval={described.kind === "approval"} />}
          {child && (
            <p className="px-4 pt-3 text-sm">
              It runs as an execution of its own: <ExecutionLink id={child} />
            </p>
          )}
          {!node && <p className="px-4 py-3 text-sm text-ink-2">This {KIND_WORDS[described.kind]} was not reached{isTerminal(run.execution?.closure?.phase) ? "." : " yet."}</p>}
          {isWholeMap && node && <MapPart nodeId={nodeId} onChoose={openItem} />}
          {isMissing && <p className="px-4 py-3 text-sm text-ink-2">This map has no item {search.item}: choose one of those above.</p>}
          {node && <Overview attempt={chosen} attempts={{ isPending: hasAttempts && attempts.isPending, error: attempts.data ? undefined : attempts.error, retry: () => void attempts.refetch() }} error={hasAttempts ? undefined : node.closure?.error} />}
        </TabPanel>
        <TabPanel value="values">{view === "values" && <ValuesPart nodeId={nodeId} isMap={isMap} item={search.item} />}</TabPanel>
        <TabPanel value="log" className="min-h-0 flex-1 overflow-auto">
          <LogOf attempt={chosen} isMap={isMap} item={search.item} isRunning={!isTerminal(phase)} nodeId={nodeId} atError={search.at === "error"} />
        </TabPanel>
        <TabPanel value="metrics">
          {isWholeMap ? (
            <MapMetricsPart nodeId={nodeId} onChoose={openItem} />
          ) : (
            <MetricsPart nodeId={nodeId} attempt={chosen?.retry_attempt ?? 0} item={isMap ? (search.item ?? -1) : -1} />
          )}
        </TabPanel>
        <TabPanel value="deck" className="min-h-0 flex-1">
          <DeckPart uri={deck} name={described.name} at={`${chosen?.retry_attempt}|${phase}`} />
        </TabPanel>
        <TabPanel value="cache">
          <CachePart nodeId={nodeId} />
        </TabPanel>
      </Tabs>
    </Drawer>
  );
}

function viewsOf({ isReached, hasAttempts, isWholeMap, hasDeck, isTask }: { isReached: boolean; hasAttempts: boolean; isWholeMap: boolean; hasDeck: boolean; isTask: boolean }): { value: View; label: string }[] {
  const views: { value: View; label: string }[] = [{ value: "overview", label: "Overview" }];
  if (isReached) views.push({ value: "values", label: "Inputs and outputs" });
  if (hasAttempts) views.push({ value: "log", label: "Log" }, { value: "metrics", label: "Metrics" });
  if (isWholeMap && isReached) views.push({ value: "metrics", label: "Metrics" });
  if (hasDeck) views.push({ value: "deck", label: "Deck" });
  if (isTask) views.push({ value: "cache", label: "Cache" });
  return views;
}

/** Address of the deck of the attempt that is looked at, empty if it has none (yet). A map's items have theirs each. */
function useDeck(nodeId: string, item: number | undefined, attempt: AttemptDetail | undefined): string {
  const { id, store, run } = useRunPage();
  const node = useRunNode(store, nodeId);
  const number = attempt?.retry_attempt ?? 0;
  const kept = useQuery({ ...metricsQuery(id, nodeId, isTerminal(node?.closure?.phase)), enabled: attempt !== undefined && item !== undefined });
  if (item === undefined) return "";
  const said = run.told.get(attemptKey(nodeId, item + 1, number)) ?? kept.data?.find((each) => (each.retry_attempt ?? 0) === number && (each.item ?? 0) === item + 1);
  return said?.deck_uri || (item < 0 ? (node?.closure?.deck_uri ?? "") : "");
}

function Overview({ attempt, attempts, error }: { attempt: AttemptDetail | undefined; attempts: { isPending: boolean; error: unknown; retry: () => void }; error: AttemptDetail["error"] }) {
  const isRunning = attempt !== undefined && attempt.ended_at === undefined && !isTerminal(attempt.phase);
  const now = useNow(isRunning ? 1000 : 60_000);
  if (attempts.error) return <Failure error={attempts.error} onRetry={attempts.retry} />;
  if (attempts.isPending) return <Skeleton lines={3} />;
  if (attempt) return <AttemptFacts attempt={attempt} now={now} />;
  if (!error) return null;
  const parsed = parseError(error);
  return (
    <div role="alert" className="m-4 rounded-md border border-line-2 bg-bad-ground p-3">
      <p className="text-sm font-medium break-words text-bad">{printable(parsed.headline, 1000)}</p>
      <ErrorWords error={parsed} />
      <Trace error={parsed} isOpenAtFirst />
    </div>
  );
}

function Items({ nodeId, chosen, onChoose }: { nodeId: string; chosen: number | undefined; onChoose: (item: number) => void }) {
  const items = useItems(nodeId);
  if (items.data) return <ItemsGrid items={items.data} chosen={chosen} onChoose={onChoose} />;
  if (items.isError) return <Failure error={items.error} onRetry={() => void items.refetch()} title="The items could not be read" />;
  return items.isLoading ? <NoItemsYet /> : null;
}

function LogOf({ attempt, isMap, item, isRunning, nodeId, atError }: { attempt: AttemptDetail | undefined; isMap: boolean; item: number | undefined; isRunning: boolean; nodeId: string; atError: boolean }) {
  const { id } = useRunPage();
  if (!attempt) return <p className="px-4 py-3 text-sm text-ink-2">{isRunning ? "It has not begun to run." : "Nothing ran here: the result came from elsewhere, or it never began."}</p>;
  if (attempt.cache_status === "CACHE_HIT") return <p className="px-4 py-3 text-sm text-ink-2">The result came from the cache, so nothing was written here. Its cache tab says who computed it.</p>;
  if (!attempt.has_log && isTerminal(attempt.phase)) {
    return (
      <>
        {attempt.error && <RaisedLine error={parseError(attempt.error)} />}
        <p className="px-4 py-3 text-sm text-ink-2">It wrote no log.</p>
      </>
    );
  }
  const log = <LogPart place={{ id, nodeId, attempt: attempt.retry_attempt ?? 0, item: isMap ? (item ?? 0) : -1 }} atError={atError} />;
  return attempt.error ? (
    <div className="flex h-full flex-col">
      <RaisedLine error={parseError(attempt.error)} />
      <div className="min-h-64 flex-1">{log}</div>
    </div>
  ) : (
    log
  );
}
