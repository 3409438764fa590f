import type { Layout } from "./layout";
import type { GraphModel } from "./model";

export type Direction = "left" | "right" | "up" | "down";

/** Where the selection goes: along an edge to the left or right, else to the nearest node of the same graph above or below. */
export function step(model: GraphModel, layout: Layout, from: string | undefined, direction: Direction): string | undefined {
  const first = model.nodes[0]?.id;
  const here = from === undefined ? undefined : layout.boxes.get(from);
  if (from === undefined || !here) return first;
  if (direction === "left" || direction === "right") {
    const next = model.edges.flatMap((edge) => (direction === "right" ? (edge.from === from ? [edge.to] : []) : edge.to === from ? [edge.from] : []));
    return nearest(layout, next, here.y);
  }
  const mine = model.nodes.find((node) => node.id === from);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of model.nodes) {
    const box = layout.boxes.get(node.id);
    if (!box || node.id === from || node.parent !== mine?.parent) continue;
    const down = direction === "down" ? box.y - here.y : here.y - box.y;
    if (down <= 1) continue;
    // What stands in the same column comes first, however near something in another is.
    const far = down + 4 * Math.abs(box.x + box.width / 2 - here.x - here.width / 2);
    if (far < least) {
      least = far;
      best = node.id;
    }
  }
  return best;
}

function nearest(layout: Layout, ids: readonly string[], y: number): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const far = Math.abs((layout.boxes.get(id)?.y ?? 0) - y);
    if (far < least) {
      least = far;
      best = id;
    }
  }
  return best;
}
