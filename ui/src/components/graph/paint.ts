import type { Grid } from "@/graph/grid";
import type { Box, Layout } from "@/graph/layout";
import type { GraphModel, GraphNode } from "@/graph/model";
import type { Tone } from "@/lib/phase";

/** Colours of the theme as a canvas wants them. */
export interface Palette {
  ground: string;
  frame: string;
  line: string;
  ink: string;
  accent: string;
  tones: Record<Tone, string>;
  grounds: Record<Tone, string>;
}

const TONES: readonly Tone[] = ["good", "bad", "busy", "warn", "wait", "hold", "cached"];

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const each = (tail: string) => Object.fromEntries(TONES.map((tone) => [tone, value(tone + tail)])) as Record<Tone, string>;
  return { ground: value("ground"), frame: value("ground-2"), line: value("line-2"), ink: value("ink"), accent: value("accent"), tones: each(""), grounds: each("-ground") };
}

export interface Scene {
  model: GraphModel;
  layout: Layout;
  grid: Grid;
  byId: ReadonlyMap<string, GraphNode>;
  toneOf: (id: string) => Tone;
  /** Nobody came by: a skipped arm, a node that was not reached. */
  isFaint: (id: string) => boolean;
  selected: string | undefined;
  /** Nodes are in the page as elements: only edges are painted. */
  isEdgesOnly: boolean;
}

const LABEL_ZOOM = 0.28;
const CURVE_ZOOM = 0.3;
/** An edge of fewer px is not seen. */
const LEAST_EDGE = 1.5;
const MANY_EDGES = 1500;

/** Paints what lies in `view` (in the graph's units) at a zoom; the context's origin is the view's corner. */
export function paint(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, view: Box, zoom: number): void {
  context.save();
  context.scale(zoom, zoom);
  context.translate(-view.x, -view.y);
  const visible = scene.isEdgesOnly ? [] : scene.grid.within(view);
  if (!scene.isEdgesOnly) paintFrames(context, scene, palette, visible, zoom);
  paintEdges(context, scene, palette, view, zoom);
  if (!scene.isEdgesOnly) paintNodes(context, scene, palette, visible, zoom);
  context.restore();
}

function paintFrames(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, visible: readonly string[], zoom: number): void {
  context.lineWidth = 1 / zoom;
  for (const id of visible) {
    const box = scene.layout.boxes.get(id);
    if (!box || !scene.byId.get(id)?.isExpanded) continue;
    context.fillStyle = palette.frame;
    context.strokeStyle = palette.tones[scene.toneOf(id)];
    context.fillRect(box.x, box.y, box.width, box.height);
    context.strokeRect(box.x, box.y, box.width, box.height);
  }
}

function paintEdges(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, view: Box, zoom: number): void {
  const { edges } = scene.model;
  const isCrowded = edges.length > MANY_EDGES;
  let drawn = 0;
  context.beginPath();
  for (const { from, to } of edges) {
    // Every node that nobody waits for leads to the end: these lines would cover a large graph.
    if (isCrowded && (isEnd(scene, from) || isEnd(scene, to))) continue;
    if (addEdge(context, scene, view, zoom, from, to)) drawn++;
  }
  context.strokeStyle = palette.line;
  context.lineWidth = Math.max(0.5, 1.25 * Math.min(1, zoom * 1.6)) / zoom;
  context.globalAlpha = isCrowded ? Math.max(0.15, Math.min(1, MANY_EDGES / Math.max(1, drawn))) : 1;
  context.stroke();
  context.globalAlpha = 1;
  if (scene.selected === undefined) return;
  context.beginPath();
  for (const { from, to } of edges) if (from === scene.selected || to === scene.selected) addEdge(context, scene, view, zoom, from, to);
  context.strokeStyle = palette.accent;
  context.lineWidth = 2 / zoom;
  context.stroke();
}

/** Adds an edge to the path; false: nothing of it is seen. */
function addEdge(context: CanvasRenderingContext2D, scene: Scene, view: Box, zoom: number, from: string, to: string): boolean {
  const a = scene.layout.boxes.get(from);
  const b = scene.layout.boxes.get(to);
  if (!a || !b) return false;
  const x1 = a.x + a.width;
  const y1 = a.y + a.height / 2;
  const y2 = b.y + b.height / 2;
  const [right, bottom] = [view.x + view.width, view.y + view.height];
  if (x1 > right || b.x < view.x || (y1 < view.y && y2 < view.y) || (y1 > bottom && y2 > bottom)) return false;
  const length = b.x - x1 + Math.abs(y2 - y1);
  if (length * zoom < LEAST_EDGE) return false;
  context.moveTo(x1, y1);
  // A curve many screens long is taken apart into thousands of pieces to be drawn.
  if (zoom >= CURVE_ZOOM && length < 3 * view.width) {
    const bend = Math.min(120, Math.max(24, (b.x - x1) / 2));
    context.bezierCurveTo(x1 + bend, y1, b.x - bend, y2, b.x, y2);
  } else context.lineTo(b.x, y2);
  return true;
}

function isEnd(scene: Scene, id: string): boolean {
  const kind = scene.byId.get(id)?.kind;
  return kind === "start" || kind === "end";
}

/** One path for each colour: ten thousand rectangles are seven fills. */
function paintNodes(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, visible: readonly string[], zoom: number): void {
  const groups = new Map<string, Box[]>();
  const faint: Box[] = [];
  for (const id of visible) {
    const box = scene.layout.boxes.get(id);
    if (!box || scene.byId.get(id)?.isExpanded) continue;
    if (scene.isFaint(id)) faint.push(box);
    else {
      const tone = scene.toneOf(id);
      const group = groups.get(tone);
      if (group) group.push(box);
      else groups.set(tone, [box]);
    }
  }
  for (const [tone, boxes] of groups) fill(context, boxes, palette.tones[tone as Tone], palette.grounds[tone as Tone], zoom);
  fill(context, faint, palette.line, palette.ground, zoom);
  const chosen = scene.selected === undefined ? undefined : scene.layout.boxes.get(scene.selected);
  if (chosen) {
    context.strokeStyle = palette.accent;
    context.lineWidth = 3 / zoom;
    context.strokeRect(chosen.x - 2 / zoom, chosen.y - 2 / zoom, chosen.width + 4 / zoom, chosen.height + 4 / zoom);
  }
  if (zoom >= LABEL_ZOOM) paintLabels(context, scene, palette, visible);
}

function fill(context: CanvasRenderingContext2D, boxes: readonly Box[], edge: string, ground: string, zoom: number): void {
  if (boxes.length === 0) return;
  const isSmall = zoom < 0.2;
  context.fillStyle = isSmall ? edge : ground;
  for (const box of boxes) context.fillRect(box.x, box.y, box.width, box.height);
  if (isSmall) return;
  context.strokeStyle = edge;
  context.lineWidth = 1 / zoom;
  for (const box of boxes) context.strokeRect(box.x, box.y, box.width, box.height);
}

function paintLabels(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, visible: readonly string[]): void {
  context.fillStyle = palette.ink;
  context.font = "13px ui-sans-serif, system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const id of visible) {
    const box = scene.layout.boxes.get(id);
    const node = scene.byId.get(id);
    if (!box || !node || node.kind === "start" || node.kind === "end") continue;
    const name = node.name.length > 24 ? `${node.name.slice(0, 23)}…` : node.name;
    context.fillText(name, box.x + 10, node.isExpanded ? box.y + 16 : box.y + box.height / 2, box.width - 20);
  }
}
