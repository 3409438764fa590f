import { ReactFlow, type OnMove } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useCallback, useEffect, useMemo, useState, type FocusEvent, type KeyboardEvent, type MouseEvent } from "react";
import { NO_RUN } from "@/graph/build";
import { NodeIndex, type Found } from "@/graph/search";
import { step } from "@/graph/walk";
import { actionOf } from "@/lib/shortcuts";
import { CanvasLayer } from "./CanvasLayer";
import { MiniMap } from "./MiniMap";
import { CardsContext, NodeCard, type CardNode, type Cards } from "./NodeCard";
import { NO_STATUS } from "./status";
import { Toolbar } from "./Toolbar";
import type { Laid } from "./useLayout";
import { useScene } from "./useScene";
import { FIT, useViewport } from "./useViewport";
import type { WorkflowGraphProps } from "./WorkflowGraph";

const NODE_TYPES = { card: NodeCard };

export interface GraphViewProps extends WorkflowGraphProps {
  laid: Laid;
  /** What was looked for, to be shown as soon as it is laid out. */
  sought: string | undefined;
  onSought: (found: Found) => void;
  onSeen: () => void;
  onToggle: (id: string, isExpanded: boolean) => void;
  onToggleAll: (isExpanded: boolean) => void;
}

export function GraphView({ closure, laid, run, selected, sought, onSought, onSeen, onOpen, onToggle, onToggleAll, strip, items, unread = 0, onReadMore, label }: GraphViewProps) {
  const { model, layout } = laid;
  const [walked, setWalked] = useState<string>();
  const current = walked ?? selected;
  const byId = useMemo(() => new Map(model.nodes.map((node) => [node.id, node])), [model]);
  const { visible, grid, isSmall, look, fit, go, isSeen, bring, zoomBy, startAnew, placeOf } = useViewport(laid, selected);
  const toggleAll = (isExpanded: boolean) => {
    startAnew();
    onToggleAll(isExpanded);
  };

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

  useEffect(() => {
    if (sought === undefined || !layout.boxes.has(sought)) return;
    setWalked(sought);
    go(sought);
    onSeen();
  }, [sought, layout, go, onSeen]);

  function onKeyDown(event: KeyboardEvent): void {
    // Ids have dashes, and a cursor goes left and right.
    if (event.target instanceof HTMLInputElement) return;
    const action = actionOf("graph", event);
    const isOnGraph = event.target === event.currentTarget;
    if (action === "left" || action === "right" || action === "up" || action === "down") {
      const next = step(model, layout, current, action);
      if (next) {
        setWalked(next);
        if (!isSeen(next)) go(next);
      }
    } else if (action === "open" && current && isOnGraph) onOpen?.(current);
    else if (action === "expand" && current && byId.get(current)?.isContainer && isOnGraph) onToggle(current, !byId.get(current)?.isExpanded);
    else if (action === "fit" && isOnGraph) fit();
    else if (action === "closer" || action === "farther") zoomBy(action === "closer" ? 1.4 : 1 / 1.4);
    else return;
    event.preventDefault();
  }

  /** What the Tab key comes to is brought into view; under a pointer nothing moves. */
  function onFocus({ target }: FocusEvent): void {
    const id = target.matches(":focus-visible") ? target.closest("[data-node-id]")?.getAttribute("data-node-id") : undefined;
    if (id && !isSeen(id)) bring(id);
  }

  function onPaneClick(event: MouseEvent): void {
    const at = placeOf({ x: event.clientX, y: event.clientY });
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
          items,
          unread,
          onReadMore,
          onFind: (found) => {
            onSought(found);
            if (found.item !== undefined) onOpen?.(found.id, { item: found.item });
          },
        }}
        canExpand={model.nodes.some((node) => node.isContainer)}
        onFit={fit}
        onZoom={zoomBy}
        onExpandAll={() => toggleAll(true)}
        onCollapseAll={() => toggleAll(false)}
      />
      {!isSmall && <MiniMap scene={scene} />}
    </div>
  );
}

const NO_EDGES: never[] = [];
const NO_MARK = { hideAttribution: true };
