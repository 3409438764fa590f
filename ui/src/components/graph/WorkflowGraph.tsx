import { getViewportForBounds, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type OnMove } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useCallback, useEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { Skeleton } from "@/components/ui/State";
import { buildGraph, countAll, NO_RUN } from "@/graph/build";
import { Grid } from "@/graph/grid";
import { NodeIndex, type Found } from "@/graph/search";
import type { Layout } from "@/graph/layout";
import type { GraphModel, GraphNode } from "@/graph/model";
import { step, type Direction } from "@/graph/walk";
import type { CompiledWorkflowClosure } from "@/idl";
import type { Tone } from "@/lib/phase";
import { CanvasLayer } from "./CanvasLayer";
import { MiniMap } from "./MiniMap";
import { CardsContext, NodeCard, type CardNode, type Cards } from "./NodeCard";
import type { Scene } from "./paint";
import { NO_STATUS, toneFor, type GraphRun } from "./status";
import { Toolbar } from "./Toolbar";
import { useLayout, type Laid } from "./useLayout";

export interface WorkflowGraphProps {
  /** A workflow version's compiled closure. */
  closure: CompiledWorkflowClosure;
  /** The run whose phases are shown; undefined: the workflow as such. */
  run?: GraphRun;
  /** Id of the node that is looked at. */
  selected?: string;
  /** Nodes that must be seen: what they lie in is expanded. */
  reveal?: readonly string[];
  onOpen?: (id: string, where?: { item?: number }) => void;
  /** Of a run: so many tasks have made graphs of themselves that are not read, and what reads more of them. */
  unread?: number;
  onReadMore?: () => void;
  /** Containers that are open, for whoever reads what is in them. */
  onExpanded?: (ids: ReadonlySet<string>) => void;
  /** Where a map's items stand. */
  strip?: (id: string) => ReactNode;
  label: string;
}

/** So many nodes are expanded from the start; a larger graph begins collapsed. */
const OPEN_AT_FIRST = 60;

/** A workflow's graph, of a version or of a run: expanded in place, panned, zoomed, searched and walked by keys. */
export function WorkflowGraph(props: WorkflowGraphProps) {
  const { closure, run, reveal, onExpanded } = props;
  const isSmall = useMemo(() => countAll(closure, OPEN_AT_FIRST + 1) <= OPEN_AT_FIRST, [closure]);
  const [byDefault, setByDefault] = useState<boolean>();
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [sought, setSought] = useState<string>();
  const shape = run?.shape ?? NO_RUN;
  const model = useMemo(() => {
    const revealed = new Set(reveal);
    return buildGraph(closure, (id) => revealed.has(id) || (toggled.get(id) ?? (byDefault ?? (isSmall && !shape.dynamic.has(id)))), shape);
  }, [closure, shape, toggled, byDefault, isSmall, reveal]);
  const laid = useLayout(model);
  useEffect(() => onExpanded?.(new Set(model.nodes.filter((node) => node.isExpanded).map((node) => node.id))), [model, onExpanded]);
  if (!laid) return <Skeleton lines={4} />;
  return (
    <ReactFlowProvider>
      <View
        {...props}
        laid={laid}
        sought={sought}
        onSought={(found) => {
          setToggled(new Map([...toggled, ...found.ancestors.map((id) => [id, true] as const)]));
          setSought(found.id);
        }}
        onSeen={() => setSought(undefined)}
        onToggle={(id, isExpanded) => setToggled(new Map(toggled).set(id, isExpanded))}
        onToggleAll={(isExpanded) => {
          setByDefault(isExpanded);
          setToggled(new Map());
        }}
      />
    </ReactFlowProvider>
  );
}

const NODE_TYPES = { card: NodeCard };
const FIT = { padding: 0.08, minZoom: 0.001, maxZoom: 1.1 };
/** As elements only so many nodes are drawn at a time; a graph of fewer always is. */
const MOST_ELEMENTS = 150;
const READABLE_ZOOM = 0.45;
const LEGIBLE_ZOOM = 0.75;

interface ViewProps extends WorkflowGraphProps {
  laid: Laid;
  /** What was looked for, to be shown as soon as it is laid out. */
  sought: string | undefined;
  onSought: (found: Found) => void;
  onSeen: () => void;
  onToggle: (id: string, isExpanded: boolean) => void;
  onToggleAll: (isExpanded: boolean) => void;
}

function View({ closure, laid, run, selected, sought, onSought, onSeen, onOpen, onToggle, onToggleAll, strip, unread = 0, onReadMore, label }: ViewProps) {
  const { model, layout } = laid;
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const [visible, setVisible] = useState<readonly string[]>([]);
  const [walked, setWalked] = useState<string>();
  const shown = useRef("");
  const current = walked ?? selected;
  const grid = useMemo(() => new Grid(layout.boxes), [layout]);
  const byId = useMemo(() => new Map(model.nodes.map((node) => [node.id, node])), [model]);
  const isSmall = model.nodes.length <= MOST_ELEMENTS;

  const look = useCallback(() => {
    const { x, y, zoom } = flow.getViewport();
    let ids: readonly string[] = [];
    if (isSmall) ids = model.nodes.map((node) => node.id);
    else if (zoom >= READABLE_ZOOM) {
      const found = grid.within({ x: -x / zoom - 100, y: -y / zoom - 100, width: width / zoom + 200, height: height / zoom + 200 });
      if (found.length <= MOST_ELEMENTS) ids = found;
    }
    const key = ids.join("|");
    if (key === shown.current) return;
    shown.current = key;
    setVisible(ids);
  }, [flow, grid, height, isSmall, model, width]);

  const fit = useCallback(
    () => void flow.setViewport(getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, FIT.minZoom, FIT.maxZoom, FIT.padding)).then(look),
    [flow, layout, width, height, look],
  );
  const centre = useCallback(
    (id: string, zoom: number) => {
      const box = layout.boxes.get(id);
      if (!box) return;
      const x = offsetOf(box.x + box.width / 2, layout.width, zoom, width);
      const y = offsetOf(box.y + Math.min(box.height, 200) / 2, layout.height, zoom, height);
      void flow.setViewport({ x, y, zoom }).then(look);
    },
    [flow, height, layout, look, width],
  );
  const fittedFor = useRef<{ selected: string | undefined; width: number; layout: Layout }>(undefined);
  /** All was expanded or collapsed: with the next layout it is looked at as at first. */
  const isAnew = useRef(false);
  const toggleAll = (isExpanded: boolean) => {
    isAnew.current = true;
    onToggleAll(isExpanded);
  };
  useEffect(() => {
    if (width === 0) return;
    const before = fittedFor.current;
    fittedFor.current = { selected, width, layout };
    if (!before || (isAnew.current && before.layout !== layout)) {
      isAnew.current = false;
      const whole = getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, FIT.minZoom, FIT.maxZoom, FIT.padding);
      // A graph that would be too small to be read (on a phone, beside a drawer) shows what is selected, else its beginning.
      if (!isSmall || whole.zoom >= LEGIBLE_ZOOM) fit();
      else if (selected && layout.boxes.has(selected)) centre(selected, LEGIBLE_ZOOM);
      else void flow.setViewport({ x: 16, y: height / 2 - (layout.height * LEGIBLE_ZOOM) / 2, zoom: LEGIBLE_ZOOM }).then(look);
    } else if (selected && (before.selected !== selected || before.width !== width) && !isInView(layout.boxes.get(selected), flow.getViewport(), width, height)) {
      centre(selected, flow.getZoom()); // the drawer that opened lies over it
    } else if (!selected && before.width !== width) {
      // The drawer that closed leaves room for all of it.
      const view = flow.getViewport();
      const fits = layout.width * view.zoom <= width && layout.height * view.zoom <= height;
      if (fits && !isInView({ x: 0, y: 0, ...layout }, view, width, height)) fit();
    }
    shown.current = "";
    look();
  }, [centre, fit, flow, height, isSmall, layout, look, selected, width]);

  const nodes = useMemo<CardNode[]>(() => {
    const made: CardNode[] = [];
    for (const id of visible) {
      const node = byId.get(id);
      const box = layout.boxes.get(id);
      if (!node || !box) continue;
      made.push({
        id, type: "card", data: { node }, position: { x: box.x, y: box.y }, width: box.width, height: box.height,
        measured: { width: box.width, height: box.height },
        // A frame lets what is behind it be dragged; its head has clicks of its own.
        style: { pointerEvents: node.isExpanded ? "none" : "all" }, zIndex: node.isExpanded ? 0 : 1, selectable: false, draggable: false, focusable: false,
      });
    }
    return made;
  }, [visible, byId, layout]);

  const scene = useScene(model, laid, run, grid, byId, current, nodes.length > 0);

  const shape = run?.shape ?? NO_RUN;
  const index = useMemo(() => {
    let made: NodeIndex | undefined;
    return () => (made ??= new NodeIndex(closure, shape));
  }, [closure, shape]);

  const go = useCallback((id: string) => centre(id, Math.max(0.8, Math.min(1.2, flow.getZoom()))), [centre, flow]);

  useEffect(() => {
    if (sought === undefined || !layout.boxes.has(sought)) return;
    setWalked(sought);
    go(sought);
    onSeen();
  }, [sought, layout, go, onSeen]);

  function onKeyDown(event: KeyboardEvent): void {
    // Ids have dashes, and a cursor goes left and right.
    if (event.target instanceof HTMLInputElement) return;
    const direction = ({ ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as Record<string, Direction>)[event.key];
    if (direction) {
      const next = step(model, layout, current, direction);
      if (next) {
        setWalked(next);
        if (!isInView(layout.boxes.get(next), flow.getViewport(), width, height)) go(next);
      }
    } else if (event.key === "Enter" && current && event.target === event.currentTarget) onOpen?.(current);
    else if (event.key === " " && current && byId.get(current)?.isContainer && event.target === event.currentTarget) onToggle(current, !byId.get(current)?.isExpanded);
    else if (event.key === "f" && event.target === event.currentTarget) fit();
    else if (event.key === "+" || event.key === "-") void flow.zoomTo(flow.getZoom() * (event.key === "+" ? 1.4 : 1 / 1.4)).then(look);
    else return;
    event.preventDefault();
  }

  /** What the Tab key comes to is brought into view; under a pointer nothing moves. */
  function onFocus({ target }: FocusEvent): void {
    const id = target.matches(":focus-visible") ? target.closest("[data-node-id]")?.getAttribute("data-node-id") : undefined;
    if (id && !isInView(layout.boxes.get(id), flow.getViewport(), width, height)) centre(id, flow.getZoom());
  }

  function onPaneClick(event: MouseEvent): void {
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const id = grid.at(at.x, at.y);
    if (id && nodes.length === 0) {
      setWalked(id);
      onOpen?.(id);
    }
  }

  const cards = useMemo<Cards>(
    () => ({
      statusOf: (node) => run?.statusOf(node) ?? NO_STATUS,
      hasRun: run !== undefined,
      selected: current,
      onOpen: (id) => {
        setWalked(id);
        onOpen?.(id);
      },
      onToggle: (id) => onToggle(id, !byId.get(id)?.isExpanded),
      strip,
    }),
    [run, current, onOpen, onToggle, byId, strip],
  );
  const onMove = useCallback<OnMove>(() => look(), [look]);

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- an application has the keys
    <div
      role="application"
      aria-label={`${label}. Arrow keys walk along its edges, Enter opens a node, space expands it, slash searches.`}
      aria-roledescription="graph"
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- walked by keys
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
      data-nodes={model.nodes.length}
      className="relative size-full overflow-hidden bg-ground focus-visible:outline-offset-[-2px]"
    >
      <CardsContext.Provider value={cards}>
        <ReactFlow<CardNode>
          nodes={nodes}
          edges={NO_EDGES}
          nodeTypes={NODE_TYPES}
          minZoom={FIT.minZoom}
          maxZoom={2}
          onMove={onMove}
          onPaneClick={onPaneClick}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          deleteKeyCode={null}
          selectionKeyCode={null}
          disableKeyboardA11y
          proOptions={NO_MARK}
          zoomOnDoubleClick={false}
          panOnScroll={false}
        >
          <CanvasLayer scene={scene} />
        </ReactFlow>
      </CardsContext.Provider>
      <Toolbar
        finder={{
          index,
          hasItems: run !== undefined,
          unread,
          onReadMore,
          onFind: (found) => {
            onSought(found);
            if (found.item !== undefined) onOpen?.(found.id, { item: found.item });
          },
        }}
        canExpand={model.nodes.some((node) => node.isContainer)}
        onFit={fit}
        onZoom={(factor) => void flow.zoomTo(flow.getZoom() * factor).then(look)}
        onExpandAll={() => toggleAll(true)}
        onCollapseAll={() => toggleAll(false)}
      />
      {!isSmall && <MiniMap scene={scene} />}
    </div>
  );
}

const NO_EDGES: never[] = [];
const NO_MARK = { hideAttribution: true };

/** By how much a view is moved so that a place is in its middle, without showing what lies beyond the ends of a whole that is longer than it. */
function offsetOf(place: number, whole: number, zoom: number, view: number): number {
  const begin = view / 2 - place * zoom;
  return whole * zoom + 32 <= view ? begin : Math.min(16, Math.max(view - whole * zoom - 16, begin));
}

function isInView(box: { x: number; y: number; width: number; height: number } | undefined, view: { x: number; y: number; zoom: number }, width: number, height: number): boolean {
  if (!box) return true;
  const [left, top] = [box.x * view.zoom + view.x, box.y * view.zoom + view.y];
  return left >= 0 && top >= 0 && left + box.width * view.zoom <= width && top + Math.min(box.height, 60) * view.zoom <= height;
}

/** What the canvas paints; tones are found once for each change of the run, not once per frame. */
function useScene(model: GraphModel, laid: Laid, run: GraphRun | undefined, grid: Grid, byId: ReadonlyMap<string, GraphNode>, selected: string | undefined, isEdgesOnly: boolean): Scene {
  const tones = useMemo(() => {
    const found = new Map<string, Tone>();
    const faint = new Set<string>();
    for (const node of model.nodes) {
      const status = run?.statusOf(node) ?? NO_STATUS;
      found.set(node.id, toneFor(status));
      if (status.phase === undefined || status.phase === "SKIPPED") faint.add(node.id);
    }
    return { found, faint };
  }, [model, run]);
  return useMemo<Scene>(
    () => ({ model, layout: laid.layout, grid, byId, toneOf: (id) => tones.found.get(id) ?? "wait", isFaint: (id) => tones.faint.has(id), selected, isEdgesOnly }),
    [model, laid, grid, byId, tones, selected, isEdgesOnly],
  );
}
