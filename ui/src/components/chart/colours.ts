/** Colours of curves: told apart by people who see few colours, on each ground; the eleventh curve begins anew, dashed. */
const LIGHT = ["#0f766e", "#c2410c", "#1d4ed8", "#a21caf", "#4d7c0f", "#b91c1c", "#0369a1", "#7c3aed", "#92400e", "#334155"];
const DARK = ["#4fc7b9", "#fb923c", "#7aa7ff", "#e879f9", "#a3e635", "#f87171", "#38bdf8", "#c4a1ff", "#e0b070", "#a8b4c4"];

export function curveColour(index: number, isDark: boolean): string {
  const colours = isDark ? DARK : LIGHT;
  return colours[index % colours.length] ?? "#888888";
}

/** From the foot of a scale, 0, to its head, 1: told apart by lightness, too. */
export function scaleColour(share: number, isDark: boolean): string {
  const [from, to] = isDark ? ([55, 85] as const) : ([82, 30] as const);
  return `oklch(${(from + (to - from) * share).toFixed(1)}% 0.13 ${(250 - 205 * share).toFixed(0)})`;
}

/** Lengths of dash and gap; none for the first ten. */
export function curveDash(index: number): number[] {
  return [[], [6, 3], [2, 3], [8, 3, 2, 3]][Math.floor(index / LIGHT.length) % 4] ?? [];
}
