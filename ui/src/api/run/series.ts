import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { AttemptMetrics, ExecutionId, MetricSeries } from "@/idl";
import { idPath } from "@/lib/id";
import { runKeys } from "./keys";

/** Whose metrics: an attempt of a node, or of a map's item. `item` counts from 0, -1: an ordinary task. */
export interface Teller {
  id: ExecutionId;
  nodeId: string;
  attempt: number;
  item: number;
}

/** Whose figures an attempt of an execution has: its own, or those of the one that computed what came from the cache. */
export function tellerOf(id: ExecutionId, { node_id = "", retry_attempt = 0, item = 0, computed_by: by, computed_by_item = 0 }: AttemptMetrics): Teller {
  if (!by) return { id, nodeId: node_id, attempt: retry_attempt, item: item - 1 };
  return { id: by.node_execution_id?.execution_id ?? {}, nodeId: by.node_execution_id?.node_id ?? "", attempt: by.retry_attempt ?? 0, item: computed_by_item - 1 };
}

/** Of one metric no more points are read than a screen can show: of stretches of equal length the lowest and the highest. */
export const MOST_POINTS = 2000;
const LEAST_POINTS = 300;
const MOST_OF_ALL = 4000;
/** Points that came since are added as they are; when there are so many, the whole is read anew. */
const MOST_ADDED = MOST_POINTS;

/** Of each of several curves over one another: the more there are, the fewer of each, so that the plot follows the mouse. */
export function pointsOfEach(curves: number): number {
  return Math.max(LEAST_POINTS, Math.min(MOST_POINTS, Math.floor(MOST_OF_ALL / Math.max(1, curves))));
}
const NAMES_AT_ONCE = 50;

/** A metric as far as it is read. */
export interface Series {
  name: string;
  steps: readonly number[];
  values: readonly (number | string)[];
  /** µs since the epoch. */
  at: readonly number[];
  /** Of so many points; more than are held: it was thinned. */
  points: number;
}

/** A part of an axis: steps, or µs since the epoch. */
export interface Range {
  isTime: boolean;
  from: number;
  to: number;
}

/** One attempt's metrics, or some of them. Read again, only what came since is asked for. */
export function seriesQuery(teller: Teller, names?: readonly string[], points?: string, most = MOST_POINTS) {
  const queryKey = [...runKeys.series(teller.id, teller.nodeId, teller.attempt, teller.item), names, points, most];
  return queryOptions({
    queryKey,
    queryFn: ({ signal, client }): Promise<Series[]> => renewed(teller, client.getQueryData<Series[]>(queryKey), { names, most }, signal),
    // Told anew by what it holds, not point by point.
    structuralSharing: false,
  });
}

/** A part of one metric, with its own lowest and highest points. */
export function seriesPartQuery(teller: Teller, name: string, range: Range, most = MOST_POINTS) {
  const { isTime } = range;
  const [from, to] = [Math.floor(range.from), Math.ceil(range.to)];
  const between = isTime ? { from_us: from, to_us: to } : { from_step: from, to_step: to };
  return queryOptions({
    queryKey: [...runKeys.series(teller.id, teller.nodeId, teller.attempt, teller.item), "part", name, isTime, from, to, most],
    queryFn: async ({ signal }): Promise<Series | null> => (await read(teller, { names: [name], most, ...between }, signal))[0] ?? null,
    structuralSharing: false,
    gcTime: 30_000,
  });
}

async function renewed(teller: Teller, known: readonly Series[] | undefined, wanted: { names: readonly string[] | undefined; most: number }, signal: AbortSignal): Promise<Series[]> {
  if (!known?.length) return read(teller, wanted, signal);
  const { most } = wanted;
  const made: Series[] = [];
  for (let at = 0; at < known.length; at += NAMES_AT_ONCE) {
    const some = known.slice(at, at + NAMES_AT_ONCE);
    const added = await read(teller, { names: some.map(({ name }) => name), firsts: some.map(({ points }) => String(points)), most }, signal);
    for (const [index, one] of some.entries()) made.push(await joined(teller, one, added[index], most, signal));
  }
  return made;
}

async function joined(teller: Teller, known: Series, added: Series | undefined, most: number, signal: AbortSignal): Promise<Series> {
  if (!added || added.points === 0) return known;
  const isTooMuch = added.points > added.steps.length || known.steps.length + added.steps.length > most + MOST_ADDED;
  if (isTooMuch) return (await read(teller, { names: [known.name], most }, signal))[0] ?? known;
  return {
    name: known.name,
    steps: [...known.steps, ...added.steps],
    values: [...known.values, ...added.values],
    at: [...known.at, ...added.at],
    points: known.points + added.points,
  };
}

async function read(
  { id, nodeId, attempt, item }: Teller,
  query: Record<string, number | readonly string[] | undefined>,
  signal: AbortSignal,
): Promise<Series[]> {
  const path = ["api/alula/v1/series", ...idPath(id), nodeId, String(attempt)];
  const found = await get<{ series?: MetricSeries[] }>(path, { item: item + 1 || undefined, ...query }, signal);
  return (found.series ?? []).map(seriesOf);
}

function seriesOf({ name = "", steps = [], values = [], at_us = [], points }: MetricSeries): Series {
  return { name, steps: steps.map(Number), values, at: at_us.map(Number), points: Number(points ?? 0) };
}

/** A series with a part of it as it was read for itself; what lies beside it stays, so that the curve goes on at the edges. */
export function withPart(whole: Series, part: Series | null | undefined, range: Range | undefined): Series {
  if (!part || !range) return whole;
  const axis = range.isTime ? whole.at : whole.steps;
  const outside = axis.map((_, at) => at).filter((at) => (axis[at] ?? 0) < range.from || (axis[at] ?? 0) > range.to);
  const before = outside.filter((at) => (axis[at] ?? 0) < range.from);
  const behind = outside.filter((at) => (axis[at] ?? 0) > range.to);
  const pick = <T>(all: readonly T[], some: readonly number[]): T[] => some.flatMap((at) => all.slice(at, at + 1));
  return {
    ...whole,
    steps: [...pick(whole.steps, before), ...part.steps, ...pick(whole.steps, behind)],
    values: [...pick(whole.values, before), ...part.values, ...pick(whole.values, behind)],
    at: [...pick(whole.at, before), ...part.at, ...pick(whole.at, behind)],
  };
}
