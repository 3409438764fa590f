import type { AttemptMetrics } from "@/idl";
import { floatOf } from "@/literal/scalar";

/** What one item of a map said of one metric. */
export interface Summary {
  last: number;
  min: number;
  max: number;
}

/** Of each item that said something what its last attempt said, by number; what is live counts before what is on record. */
export function saidByItems(kept: readonly AttemptMetrics[], live: Iterable<AttemptMetrics>, nodeId: string): AttemptMetrics[] {
  const found = new Map<number, AttemptMetrics>();
  for (const said of [...kept, ...live]) {
    const { item = 0, node_id = "" } = said;
    const before = found.get(item);
    if (item > 0 && node_id === nodeId && (before?.retry_attempt ?? 0) <= (said.retry_attempt ?? 0)) found.set(item, said);
  }
  return [...found.values()].sort((a, b) => (a.item ?? 0) - (b.item ?? 0));
}

/** Names of metrics in the order in which items tell them. */
export function metricNames(said: readonly AttemptMetrics[]): string[] {
  return [...new Set(said.flatMap(({ metrics = [] }) => metrics.map(({ name = "" }) => name)))];
}

export function summaryOf({ metrics = [] }: AttemptMetrics, name: string): Summary | undefined {
  const found = metrics.find((each) => each.name === name);
  return found && { last: floatOf(found.last ?? 0), min: floatOf(found.min ?? 0), max: floatOf(found.max ?? 0) };
}

/** By which column a table of items is sorted. */
export interface Sorting {
  /** None: by the item's number. */
  metric?: string;
  figure: keyof Summary;
  isDescending: boolean;
}

/** The items in order; those that have no such number stand last, whichever way. */
export function sortedItems(said: readonly AttemptMetrics[], { metric, figure, isDescending }: Sorting): AttemptMetrics[] {
  const sign = isDescending ? -1 : 1;
  if (metric === undefined) return [...said].sort((a, b) => sign * ((a.item ?? 0) - (b.item ?? 0)));
  const numbers = new Map(said.map((each) => [each, summaryOf(each, metric)?.[figure] ?? Number.NaN]));
  const of = (each: AttemptMetrics) => numbers.get(each) ?? Number.NaN;
  return [...said].sort((a, b) => {
    const [one, other] = [of(a), of(b)];
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return one === other ? 0 : sign * (one < other ? -1 : 1);
  });
}
