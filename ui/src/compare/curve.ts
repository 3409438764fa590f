import type { MetricSeries } from "@/idl";
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

/** The points of a metric from left to right, as a plot wants them: a task may tell its steps in any order. */
export function pointsOf(series: MetricSeries | undefined, { isTime, weight }: Pick<CurveLook, "isTime" | "weight">): { x: number[]; y: number[] } {
  const { at_us = [], steps = [], values = [] } = series ?? {};
  const begin = Number(at_us[0] ?? 0);
  const all = isTime ? at_us.map((at) => (Number(at) - begin) / 1e6) : steps.map(Number);
  const order = all.map((_, at) => at);
  if (all.some((x, at) => at > 0 && x < (all[at - 1] ?? x))) order.sort((a, b) => (all[a] ?? 0) - (all[b] ?? 0));
  return { x: order.map((at) => all[at] ?? 0), y: smooth(order.map((at) => floatOf(values[at] ?? 0)), weight) };
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
