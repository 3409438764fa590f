import type { Node, NodeProps } from "@xyflow/react";
import clsx from "clsx";
import {
  Box, ChevronDown, ChevronRight, CircleHelp, CirclePlay, Flag, GitBranch, Hand, Keyboard, Layers, LifeBuoy, Moon, Network, Phone, Recycle, Rocket, SquareFunction, Zap,
} from "lucide-react";
import { createContext, memo, useContext, type ReactNode } from "react";
import type { GraphKind, GraphNode } from "@/graph/model";
import { PhaseSign, TONE_GROUND, TONE_TEXT } from "@/components/ui/Phase";
import { phaseWords } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { inWords } from "@/lib/time";
import { NO_STATUS, toneFor, type NodeStatus } from "./status";

export type CardNode = Node<{ node: GraphNode }, "card">;

/** What cards ask of the graph that they are in. */
export interface Cards {
  statusOf: (node: GraphNode) => NodeStatus;
  /** Without a run everything is plain. */
  hasRun: boolean;
  selected: string | undefined;
  onOpen: (id: string) => void;
  onToggle: (id: string) => void;
  /** Beneath a map's name: where its items stand. */
  strip?: (id: string) => ReactNode;
}

export const CardsContext = createContext<Cards>({ statusOf: () => NO_STATUS, hasRun: false, selected: undefined, onOpen: () => undefined, onToggle: () => undefined });

export const KIND_SIGNS: Record<GraphKind, typeof Box> = {
  start: CirclePlay, end: Flag, task: SquareFunction, map: Layers, workflow: Network, branch: GitBranch, approval: Hand, input: Keyboard, sleep: Moon,
  dynamic: Zap, calls: Phone, "launch-plan": Rocket, failure: LifeBuoy, unknown: CircleHelp,
};

export const KIND_WORDS: Record<GraphKind, string> = {
  start: "start", end: "end", task: "task", map: "map", workflow: "sub-workflow", branch: "branch", approval: "approval", input: "input of a value", sleep: "sleep",
  dynamic: "dynamic task", calls: "task that calls others", "launch-plan": "execution of a launch plan", failure: "failure node", unknown: "node",
};

export const NodeCard = memo(function NodeCard({ data: { node } }: NodeProps<CardNode>) {
  const cards = useContext(CardsContext);
  const status = cards.statusOf(node);
  if (node.kind === "start" || node.kind === "end") return <EndMark node={node} status={status} hasRun={cards.hasRun} />;
  return node.isExpanded ? <Frame node={node} status={status} cards={cards} /> : <Card node={node} status={status} cards={cards} />;
});

function EndMark({ node, status, hasRun }: { node: GraphNode; status: NodeStatus; hasRun: boolean }) {
  const Sign = KIND_SIGNS[node.kind];
  return (
    <div title={node.name} className={clsx("grid size-full place-items-center rounded-full border border-line-2 bg-ground", hasRun && status.phase === "SUCCEEDED" ? "text-good" : "text-ink-3")}>
      <Sign aria-hidden className="size-3.5" />
    </div>
  );
}

interface CardProps {
  node: GraphNode;
  status: NodeStatus;
  cards: Cards;
}

function Card({ node, status, cards }: CardProps) {
  const { hasRun } = cards;
  const tone = toneFor(status);
  const isFaint = hasRun && (status.phase === undefined || status.phase === "SKIPPED");
  const Sign = KIND_SIGNS[node.kind];
  return (
    <div
      className={clsx(
        "relative flex size-full items-center gap-2 rounded-md border pr-1 pl-2",
        isFaint ? "border-line bg-ground text-ink-3" : hasRun ? [TONE_GROUND[tone], "border-current", TONE_TEXT[tone]] : "border-line-2 bg-ground text-ink-2",
        cards.selected === node.id && "outline-2 outline-offset-2 outline-accent outline-solid",
      )}
    >
      {node.condition && (
        <span className="absolute -top-4 left-1 max-w-full truncate text-[10px] text-ink-2" title={printable(node.condition)}>
          {printable(node.condition, 80)}
        </span>
      )}
      <Sign aria-hidden className="size-4 shrink-0" />
      <button
        type="button"
        data-node-id={node.id}
        data-phase={status.phase}
        title={printable(node.detail || node.name, 300)}
        onClick={() => cards.onOpen(node.id)}
        className="nopan min-w-0 flex-1 self-stretch text-left"
      >
        <span className={clsx("block truncate text-[13px] leading-4 font-medium", isFaint ? "text-ink-2" : "text-ink")}>{printable(node.name, 60)}</span>
        <span className="mt-0.5 flex h-3.5 items-center gap-1 text-[11px] leading-3.5 text-ink-2">
          {hasRun ? <Progress node={node} status={status} /> : <span className="truncate">{node.detail === node.name ? KIND_WORDS[node.kind] : printable(node.detail, 80)}</span>}
        </span>
        <span className="sr-only">{stateWords(node, status, hasRun)}</span>
        {node.kind === "map" && !isFaint && cards.strip && <span className="absolute right-2 bottom-1 left-8 block h-1.5">{cards.strip(node.id)}</span>}
      </button>
      {hasRun && !isFaint && (status.isCached ? <CachedSign /> : <PhaseSign phase={status.phase} />)}
      {node.isContainer && <Toggle node={node} onToggle={cards.onToggle} />}
    </div>
  );
}

function CachedSign() {
  return <Recycle aria-hidden className="size-3.5 shrink-0 text-cached" />;
}

function Progress({ node, status }: { node: GraphNode; status: NodeStatus }) {
  if (node.kind === "map" && status.phase) return null;
  if (status.isCached) return <span>from the cache</span>;
  if (!status.phase || status.phase === "SKIPPED") return <span>{status.phase ? "skipped" : KIND_WORDS[node.kind]}</span>;
  const span = status.phase === "SUCCEEDED" || status.phase === "FAILED" ? inWords((status.endedAt - status.startedAt) / 1000) : "";
  return <span className="truncate">{span || phaseWords(status.phase).toLowerCase()}</span>;
}

function Frame({ node, status, cards }: CardProps) {
  const tone = toneFor(status);
  const isFaint = !cards.hasRun || status.phase === undefined || status.phase === "SKIPPED";
  const Sign = KIND_SIGNS[node.kind];
  return (
    <div
      className={clsx(
        "size-full rounded-lg border bg-ground-2/60",
        isFaint ? "border-line-2" : ["border-current", TONE_TEXT[tone]],
        cards.selected === node.id && "outline-2 outline-offset-2 outline-accent outline-solid",
      )}
    >
      <div className="pointer-events-auto flex h-8 items-center gap-1.5 pr-1 pl-2.5">
        <Sign aria-hidden className="size-4 shrink-0" />
        <button
          type="button"
          data-node-id={node.id}
          data-phase={status.phase}
          onClick={() => cards.onOpen(node.id)}
          className="nopan min-w-0 truncate text-left text-[13px] font-medium text-ink"
        >
          {printable(node.name, 80)}
          <span className="sr-only">{stateWords(node, status, cards.hasRun)}</span>
        </button>
        {node.condition && <span className="truncate text-[11px] text-ink-2">{printable(node.condition, 80)}</span>}
        <span className="ml-auto" />
        {cards.hasRun && !isFaint && <PhaseSign phase={status.phase} />}
        <Toggle node={node} onToggle={cards.onToggle} />
      </div>
    </div>
  );
}

function Toggle({ node, onToggle }: { node: GraphNode; onToggle: (id: string) => void }) {
  const Sign = node.isExpanded ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      aria-expanded={node.isExpanded}
      aria-label={`${node.isExpanded ? "Collapse" : "Expand"} ${printable(node.name, 60)}`}
      title={node.isExpanded ? "Collapse" : "Expand"}
      onClick={() => onToggle(node.id)}
      className="nopan grid size-6 shrink-0 place-items-center rounded text-ink-2 hover:bg-ground-3 hover:text-ink"
    >
      <Sign aria-hidden className="size-4" />
    </button>
  );
}

/** What eyes see by sign and colour. */
function stateWords(node: GraphNode, status: NodeStatus, hasRun: boolean): string {
  const phase = !hasRun ? "" : status.isCached ? ", from the cache" : `, ${phaseWords(status.phase).toLowerCase()}`;
  return `, ${KIND_WORDS[node.kind]}${phase}`;
}
