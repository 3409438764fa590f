/** What curves have at one place of their axis. */
export interface Readout {
  x: number;
  /** Largest first; `at` is the curve's place among all. */
  values: readonly { at: number; y: number }[];
}

interface Points {
  x: readonly number[];
  y: readonly number[];
}

/** The values of curves at the point of each that is nearest to `x`; a curve that does not reach there, or has no number there, is left out. */
export function readoutAt(curves: readonly Points[], x: number): Readout {
  const values = curves.flatMap((curve, at) => {
    const index = nearest(curve.x, x);
    const y = index === undefined ? undefined : curve.y[index];
    return y !== undefined && Number.isFinite(y) ? [{ at, y }] : [];
  });
  return { x, values: values.sort((one, other) => other.y - one.y) };
}

/** Index of the nearest of ascending numbers; undefined beyond their ends. */
function nearest(ascending: readonly number[], wanted: number): number | undefined {
  const [first, last] = [ascending[0], ascending.at(-1)];
  if (first === undefined || last === undefined || wanted < first || wanted > last) return undefined;
  let [low, high] = [0, ascending.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  return wanted - (ascending[low] ?? 0) <= (ascending[high] ?? 0) - wanted ? low : high;
}
