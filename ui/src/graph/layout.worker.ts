import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import elkWorker from "elkjs/lib/elk-worker.min.js?url";
import { layered } from "./layered";
import { layoutGraph, type Box, type Layout, type Sized } from "./layout";
import type { GraphEdge, GraphModel } from "./model";

/** Up to here ELK answers within some hundred milliseconds. */
const ELK_NODES = 300;
const ELK_EDGES = 900;

export interface LayoutRequest {
  model: GraphModel;
}

export interface LayoutAnswer {
  layout: Layout;
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.spacing.nodeNodeBetweenLayers": "52",
  "elk.spacing.nodeNode": "18",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.separateConnectedComponents": "true",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
};

let elk: InstanceType<typeof ELK> | undefined;

async function byElk(nodes: readonly Sized[], edges: readonly GraphEdge[]): Promise<Layout> {
  elk ??= new ELK({ workerFactory: () => new Worker(elkWorker) });
  const known = new Set(nodes.map((node) => node.id));
  const graph: ElkNode = {
    id: "",
    layoutOptions: OPTIONS,
    children: nodes.map(({ id, width, height }) => ({ id, width, height })),
    edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)).map(({ from, to }, at) => ({ id: `e${at}`, sources: [from], targets: [to] })),
  };
  const placed = await elk.layout(graph);
  const boxes = new Map<string, Box>();
  for (const { id, x = 0, y = 0, width = 0, height = 0 } of placed.children ?? []) boxes.set(id, { x, y, width, height });
  return { boxes, width: placed.width ?? 0, height: placed.height ?? 0 };
}

self.onmessage = (event: MessageEvent<LayoutRequest>) => {
  const { model } = event.data;
  const isLarge = model.nodes.length > ELK_NODES || model.edges.length > ELK_EDGES;
  void layoutGraph(model, isLarge ? layered : byElk)
    // A graph that ELK gives up on is drawn all the same.
    .catch(() => layoutGraph(model, layered))
    .then((layout) => self.postMessage({ layout } satisfies LayoutAnswer));
};
