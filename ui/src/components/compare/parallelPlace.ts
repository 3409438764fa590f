import type { Axis } from "@/compare/parallel";

/** px from one axis to the next, of the whole, above the axes and beside the outer ones. */
export const STEP = 150;
export const HEIGHT = 320;
export const SIDE = 80;
const TOP = 44;
const LENGTH = HEIGHT - TOP - 24;

/** Where a height of 0 to 1 lies, in px from the top. */
export function y(height: number): number {
  return TOP + LENGTH * (1 - height);
}

/** The height of a place, within the axis. */
export function heightAt(px: number): number {
  return Math.max(0, Math.min(1, 1 - (px - TOP) / LENGTH));
}

/** The line of one execution, with gaps where it has nothing. */
export function pathOf(axes: readonly Axis[], at: number): string {
  let isDrawing = false;
  return axes
    .map(({ heights }, index) => {
      const height = heights[at] ?? Number.NaN;
      if (Number.isNaN(height)) {
        isDrawing = false;
        return "";
      }
      const step = `${isDrawing ? "L" : "M"}${SIDE + index * STEP} ${y(height).toFixed(1)}`;
      isDrawing = true;
      return step;
    })
    .join("");
}
