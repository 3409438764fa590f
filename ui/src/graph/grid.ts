import type { Box } from "./layout";

const CELL = 512;

/** Finds what lies in a rectangle or at a point without looking at everything. */
export class Grid {
  private readonly cells = new Map<string, string[]>();

  constructor(private readonly boxes: ReadonlyMap<string, Box>) {
    for (const [id, box] of boxes) {
      this.each(box, (key) => {
        const cell = this.cells.get(key);
        if (cell) cell.push(id);
        else this.cells.set(key, [id]);
      });
    }
  }

  private each(box: Box, visit: (key: string) => void): void {
    for (let x = Math.floor(box.x / CELL); x <= Math.floor((box.x + box.width) / CELL); x++)
      for (let y = Math.floor(box.y / CELL); y <= Math.floor((box.y + box.height) / CELL); y++) visit(`${x},${y}`);
  }

  /** In the order of the boxes: frames before what lies in them. */
  within(view: Box): string[] {
    const cells = ((view.width / CELL) + 1) * ((view.height / CELL) + 1);
    const found = new Set<string>();
    if (cells > this.cells.size) for (const [id, box] of this.boxes) found.add(touches(box, view) ? id : "");
    else this.each(view, (key) => this.cells.get(key)?.forEach((id) => touches(this.boxes.get(id), view) && found.add(id)));
    found.delete("");
    return [...found];
  }

  /** The innermost box at a point. */
  at(x: number, y: number): string | undefined {
    let best: string | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const id of this.cells.get(`${Math.floor(x / CELL)},${Math.floor(y / CELL)}`) ?? []) {
      const box = this.boxes.get(id);
      if (!box || x < box.x || y < box.y || x > box.x + box.width || y > box.y + box.height) continue;
      if (box.width * box.height < smallest) {
        smallest = box.width * box.height;
        best = id;
      }
    }
    return best;
  }
}

function touches(box: Box | undefined, view: Box): boolean {
  return !!box && box.x < view.x + view.width && view.x < box.x + box.width && box.y < view.y + view.height && view.y < box.y + box.height;
}
