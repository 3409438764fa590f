import { CONDITION_HEIGHT, CONTAINER_HEAD, CONTAINER_PAD, sizeOf, type GraphEdge, type GraphModel, type GraphNode } from "./model";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where everything lies, in the graph's own units; the first corner is (0, 0). */
export interface Layout {
  boxes: Map<string, Box>;
  width: number;
  height: number;
}

export interface Sized {
  id: string;
  width: number;
  height: number;
}

/** Places the nodes of one graph, without what lies in them, beside each other along its edges. */
export type Place = (nodes: readonly Sized[], edges: readonly GraphEdge[]) => Promise<Layout> | Layout;

/** A graph with its nested ones, each laid out by itself from the inside: what is inside decides how large its frame is. */
export async function layoutGraph(model: GraphModel, place: Place): Promise<Layout> {
  const children = new Map<string | undefined, GraphNode[]>();
  for (const node of model.nodes) {
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node);
    else children.set(node.parent, [node]);
  }
  const edges = edgesByScope(model);
  const boxes = new Map<string, Box>();

  async function scope(parent: string | undefined): Promise<Layout> {
    const inner = new Map<string, Layout>();
    const sized: Sized[] = [];
    const heads = new Map((children.get(parent) ?? []).map((node) => [node.id, headOf(node)]));
    for (const node of children.get(parent) ?? []) {
      if (node.isExpanded && children.has(node.id)) {
        const found = await scope(node.id);
        inner.set(node.id, found);
        sized.push({ id: node.id, width: Math.max(160, found.width + 2 * CONTAINER_PAD), height: found.height + CONTAINER_HEAD + CONTAINER_PAD });
      } else {
        const { width, height } = sizeOf(node.kind);
        sized.push({ id: node.id, width, height: height + headOf(node) });
      }
    }
    const mine = await place(sized, edges.get(parent) ?? []);
    const all = new Map<string, Box>();
    for (const [id, whole] of mine.boxes) {
      const head = inner.has(id) ? 0 : (heads.get(id) ?? 0);
      const box = head ? { ...whole, y: whole.y + head, height: whole.height - head } : whole;
      all.set(id, box);
      const inside = inner.get(id);
      if (inside) for (const [each, at] of inside.boxes) all.set(each, { ...at, x: at.x + box.x + CONTAINER_PAD, y: at.y + box.y + CONTAINER_HEAD });
    }
    return { boxes: all, width: mine.width, height: mine.height };
  }

  const whole = await scope(undefined);
  // In the order of the model: frames are drawn before what lies in them.
  for (const node of model.nodes) {
    const box = whole.boxes.get(node.id);
    if (box) boxes.set(node.id, box);
  }
  return { boxes, width: whole.width, height: whole.height };
}

/** Above an arm of a branch stands when it is taken. */
function headOf(node: GraphNode): number {
  return node.condition === undefined ? 0 : CONDITION_HEIGHT;
}

function edgesByScope(model: GraphModel): Map<string | undefined, GraphEdge[]> {
  const parents = new Map(model.nodes.map((node) => [node.id, node.parent]));
  const found = new Map<string | undefined, GraphEdge[]>();
  for (const edge of model.edges) {
    const parent = parents.get(edge.from);
    const siblings = found.get(parent);
    if (siblings) siblings.push(edge);
    else found.set(parent, [edge]);
  }
  return found;
}
