import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { runKeys } from "@/api/run/keys";
import { seriesQuery, type Series, type Teller } from "@/api/run/series";
import type { Alula } from "@/idl";
import { useThrottled } from "@/lib/useThrottled";

const PAUSE_MS = 1000;
/** What is told is on record a moment later; what is not there after so many looks is not looked for before more is told. */
const LOOKS = 3;

/** The curves of an attempt. While more is told of them, what came since is read, about once a second. */
export function useSeries(teller: Teller, told: readonly Alula<"MetricSummary">[]) {
  const client = useQueryClient();
  const series = useQuery(seriesQuery(teller));
  const counts = useThrottled(JSON.stringify(told.map(({ name = "", points }) => [name, Number(points ?? 0)])), PAUSE_MS);
  const before = useRef<ReadonlyMap<string, number>>(new Map());
  const looked = useRef({ counts: "", times: 0 });
  const key = runKeys.series(teller.id, teller.nodeId, teller.attempt, teller.item);

  useEffect(() => {
    if (series.data === undefined || series.isFetching) return undefined;
    const now = new Map(JSON.parse(counts) as [string, number][]);
    const isAnew = [...now].some(([name, points]) => points < (before.current.get(name) ?? 0));
    before.current = now;
    if (isAnew || isUnknown(series.data, now)) {
      // Begun anew under the same number, or a metric that was not told of before.
      if (looked.current.counts === counts) return undefined;
      looked.current = { counts, times: LOOKS };
      void client.resetQueries({ queryKey: key });
      return undefined;
    }
    if (!isBehind(series.data, now)) return undefined;
    if (looked.current.counts !== counts) looked.current = { counts, times: 0 };
    if (looked.current.times >= LOOKS) return undefined;
    const wait = looked.current.times++ === 0 ? 0 : PAUSE_MS;
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: seriesQuery(teller).queryKey, exact: true }), wait);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `teller` says what `key` does
  }, [client, counts, series.data, series.isFetching, series.dataUpdatedAt, teller]);
  return series;
}

function isUnknown(held: readonly Series[], told: ReadonlyMap<string, number>): boolean {
  const names = new Set(held.map(({ name }) => name));
  return [...told].some(([name, points]) => points > 0 && !names.has(name));
}

function isBehind(held: readonly Series[], told: ReadonlyMap<string, number>): boolean {
  return held.some(({ name, points }) => points < (told.get(name) ?? 0));
}
