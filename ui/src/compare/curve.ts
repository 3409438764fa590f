import { floatOf } from "@/literal/scalar";

/** How curves are looked at. */
export interface CurveLook {
  isLog: boolean;
  /** By seconds since the first point rather than by step. */
  isTime: boolean;
  /** Of what was before, in smoothing: 0 (none) to below 1. */
  weight: number;
}

export const PLAIN_LOOK: CurveLook = { isLog: false, isTime: false, weight: 0 };

/** Columns of a metric's points. */
export interface Points {
  steps: readonly number[];
  /** "NaN" and "Infinity" as texts. */
  values: readonly (number | string)[];
  /** µs since the epoch. */
  at: readonly number[];
}

/** The points of a metric from left to right, as a plot wants them: a task may tell its steps in any order. */
export function pointsOf(series: Points | undefined, { isTime, weight }: Pick<CurveLook, "isTime" | "weight">): { x: number[]; y: number[] } {
  const { at = [], steps = [], values = [] } = series ?? {};
  const begin = at[0] ?? 0;
  const all = isTime ? at.map((each) => (each - begin) / 1e6) : steps;
  const order = all.map((_, index) => index);
  if (all.some((x, index) => index > 0 && x < (all[index - 1] ?? x))) order.sort((a, b) => (all[a] ?? 0) - (all[b] ?? 0));
  return { x: order.map((index) => all[index] ?? 0), y: smooth(order.map((index) => floatOf(values[index] ?? 0)), weight) };
}

/** What was zoomed in to on the axis of a plot, of one series in its own terms. */
export function rangeOf(series: Points | undefined, zoom: Zoom, isTime: boolean): { isTime: boolean; from: number; to: number } {
  const begin = series?.at[0] ?? 0;
  return isTime ? { isTime, from: begin + zoom.from * 1e6, to: begin + zoom.to * 1e6 } : { isTime, ...zoom };
}

/** A part of the axis of a plot. */
export interface Zoom {
  from: number;
  to: number;
}

const LARGEST = 1e300;
const LEAST_SHARE = 1e-12;

/** A scale on which marks can be told apart: between numbers that are hardly two, or endlessly far from each other, a plot would never be done making them. */
export function markable(low: number, high: number): [from: number, to: number] {
  const from = Math.max(-LARGEST, Math.min(LARGEST, low));
  const to = Math.max(-LARGEST, Math.min(LARGEST, high));
  const lacks = Math.max(Math.abs(from), Math.abs(to)) * LEAST_SHARE - (to - from);
  return lacks > 0 ? [from - lacks / 2, to + lacks / 2] : [from, to];
}

/**
 * Exponential mean of a series, free of the bias of its beginning; what is no number is left out and stays none.
 *
 * @param weight of what was before, 0 (as it is) to below 1.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let mean = 0;
  let sum = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = weight * mean + (1 - weight) * value;
    sum = weight * sum + (1 - weight);
    return mean / sum;
  });
}
