import type { Box, Layout, Sized } from "./layout";
import type { GraphEdge } from "./model";

/*
 * A layered layout in time linear in nodes and edges (but for sorting layers). ELK's is prettier, and its time grows so that some
 * thousand nodes take minutes; the graph of ten thousand is to be on the screen within a second and a half.
 */

const GAP_X = 56;
const GAP_Y = 18;
const SWEEPS = 4;
/** A layer of more nodes becomes a block of columns: a fan of thousands would be one endless column. */
const TALLEST_LAYER = 40;

export function layered(nodes: readonly Sized[], edges: readonly GraphEdge[]): Layout {
  const index = new Map(nodes.map((node, at) => [node.id, at]));
  const down: number[][] = nodes.map(() => []);
  const up: number[][] = nodes.map(() => []);
  for (const edge of edges) {
    const from = index.get(edge.from);
    const to = index.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    down[from]?.push(to);
    up[to]?.push(from);
  }
  const layers = order(layersOf(nodes.length, down, up), down, up);
  return position(nodes, layers, up);
}

/** Nodes by how far they are from a beginning; what a cycle holds (no compiler lets one pass) comes last. */
function layersOf(size: number, down: readonly number[][], up: readonly number[][]): number[][] {
  const waits = up.map((each) => each.length);
  const depth = new Array<number>(size).fill(0);
  const ready: number[] = [];
  waits.forEach((count, at) => count === 0 && ready.push(at));
  const layers: number[][] = [];
  let placed = 0;
  for (let head = 0; head < ready.length; head++) {
    const at = ready[head] ?? 0;
    const mine = depth[at] ?? 0;
    (layers[mine] ??= []).push(at);
    placed++;
    for (const next of down[at] ?? []) {
      depth[next] = Math.max(depth[next] ?? 0, mine + 1);
      waits[next] = (waits[next] ?? 0) - 1;
      if (waits[next] === 0) ready.push(next);
    }
  }
  if (placed < size) layers.push(waits.flatMap((count, at) => (count > 0 ? [at] : [])));
  return layers;
}

/** Orders each layer by where its neighbours stand, forth and back, so that few edges cross. */
function order(layers: number[][], down: readonly number[][], up: readonly number[][]): number[][] {
  const rank = new Map<number, number>();
  const note = (layer: readonly number[]) => layer.forEach((at, place) => rank.set(at, place / Math.max(1, layer.length)));
  layers.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    const neighbours = isForth ? up : down;
    for (const layer of isForth ? layers : layers.toReversed()) {
      if (layer.length < 2) continue;
      const weight = new Map(layer.map((at) => [at, mean(neighbours[at] ?? [], rank) ?? rank.get(at) ?? 0]));
      layer.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      note(layer);
    }
  }
  return layers;
}

function mean(neighbours: readonly number[], rank: ReadonlyMap<number, number>): number | undefined {
  if (neighbours.length === 0) return undefined;
  let sum = 0;
  for (const each of neighbours) sum += rank.get(each) ?? 0;
  return sum / neighbours.length;
}

function position(nodes: readonly Sized[], layers: readonly number[][], up: readonly number[][]): Layout {
  const boxes = new Map<string, Box>();
  const middle = new Map<number, number>();
  let x = 0;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const layer of layers) {
    const isBlock = layer.length > TALLEST_LAYER;
    const rows = isBlock ? Math.max(TALLEST_LAYER, Math.ceil(Math.sqrt(layer.length * 3))) : layer.length;
    for (let begin = 0; begin < layer.length; begin += rows) {
      const column = layer.slice(begin, begin + rows);
      const width = Math.max(...column.map((at) => nodes[at]?.width ?? 0));
      for (const [at, y] of isBlock ? centred(nodes, column) : stack(nodes, column, up, middle)) {
        const node = nodes[at];
        if (!node) continue;
        middle.set(at, y + node.height / 2);
        boxes.set(node.id, { x: x + (width - node.width) / 2, y, width: node.width, height: node.height });
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + node.height);
      }
      x += width + (begin + rows < layer.length ? GAP_Y : GAP_X);
    }
  }
  if (boxes.size === 0) return { boxes, width: 0, height: 0 };
  for (const box of boxes.values()) box.y -= top;
  return { boxes, width: x - GAP_X, height: bottom - top };
}

/** A block's columns stand around the middle: following what comes before them, thousands would wander off. */
function centred(nodes: readonly Sized[], column: readonly number[]): [number, number][] {
  const whole = column.reduce((sum, at) => sum + (nodes[at]?.height ?? 0) + GAP_Y, -GAP_Y);
  let y = -whole / 2;
  return column.map((at) => {
    const mine = y;
    y += (nodes[at]?.height ?? 0) + GAP_Y;
    return [at, mine];
  });
}

/** Puts a column's nodes beneath each other, each as near to the middle of what comes before it as its neighbours let it. */
function stack(nodes: readonly Sized[], column: readonly number[], up: readonly number[][], middle: ReadonlyMap<number, number>): [number, number][] {
  const found: [number, number][] = [];
  let floor = Number.NEGATIVE_INFINITY;
  let shift = 0;
  let wanted = 0;
  for (const at of column) {
    const height = nodes[at]?.height ?? 0;
    const aim = mean(up[at] ?? [], middle);
    const y = Math.max(floor, (aim ?? (found.length ? floor : 0)) - height / 2);
    if (aim !== undefined) {
      shift += aim - height / 2 - y;
      wanted++;
    }
    found.push([at, y]);
    floor = y + height + GAP_Y;
  }
  // What was pushed down by its neighbours pulls all of them up a little: the column stands centred.
  const lift = wanted ? shift / wanted : 0;
  return found.map(([at, y]) => [at, y + lift]);
}
