import { useEffect, useRef } from "react";
import { useIsDark } from "@/lib/theme";
import { ATTEMPT_PHASES, toneOf } from "@/lib/phase";
import { count } from "@/lib/size";
import { readPalette } from "./paint";

export interface ItemsShown {
  size: number;
  phases: Uint8Array;
  cached: Uint8Array;
}

const WIDTH = 140;
const SUCCEEDED = ATTEMPT_PHASES.indexOf("SUCCEEDED");
const FAILED = ATTEMPT_PHASES.indexOf("FAILED");

/** Thousands of items in a line: each column is coloured by the worst of those in it, so that one failure among many is seen. */
export function HeatStrip({ items }: { items: ItemsShown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useIsDark();
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const palette = readPalette();
    const columns = Math.min(WIDTH, Math.max(1, items.size));
    const width = WIDTH / columns;
    context.clearRect(0, 0, WIDTH, 6);
    for (let column = 0; column < columns; column++) {
      const from = Math.floor((column * items.size) / columns);
      const to = Math.max(from + 1, Math.floor(((column + 1) * items.size) / columns));
      const worst = worstOf(items, from, to);
      context.fillStyle = worst.phase === 0 ? palette.line : palette.tones[worst.isCached ? "cached" : toneOf(ATTEMPT_PHASES[worst.phase])];
      context.fillRect(column * width, 0, columns < 60 ? width - 1 : width, 6);
    }
  }, [items, isDark]);
  return <canvas ref={canvas} width={WIDTH} height={6} role="img" aria-label={stripWords(items)} className="block h-1.5 w-full" />;
}

/** How bad a phase is to see, by its number. */
const RANK = [1, 2, 4, 0, 5, 6, 3, 2, 6];

function worstOf(items: ItemsShown, from: number, to: number): { phase: number; isCached: boolean } {
  let worst = items.phases[from] ?? 0;
  let isCached = items.cached[from] === 1;
  for (let at = from + 1; at < to; at++) {
    const phase = items.phases[at] ?? 0;
    if ((RANK[phase] ?? 0) > (RANK[worst] ?? 0)) worst = phase;
    isCached &&= items.cached[at] === 1;
  }
  return { phase: worst, isCached: isCached && worst === SUCCEEDED };
}

/** How many items stand in each phase, by its number. */
export function phaseCounts({ phases }: ItemsShown): Map<number, number> {
  const counts = new Map<number, number>();
  for (const phase of phases) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return counts;
}

export function stripWords(items: ItemsShown): string {
  const counts = phaseCounts(items);
  const done = counts.get(SUCCEEDED) ?? 0;
  const failed = counts.get(FAILED) ?? 0;
  return `${count(done)} of ${count(items.size)} items succeeded${failed ? `, ${count(failed)} failed` : ""}`;
}
