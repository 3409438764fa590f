import { useQueries, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from "react";
import { pointsOfEach, seriesPartQuery, seriesQuery, withPart, type Teller } from "@/api/run/series";
import { CurveControls } from "@/components/chart/CurveControls";
import { CurveNote } from "@/components/chart/CurveNote";
import { curveColour } from "@/components/chart/colours";
import { Failure, Skeleton } from "@/components/ui/State";
import { PLAIN_LOOK, pointsOf, rangeOf, type CurveLook, type Zoom } from "@/compare/curve";
import { count } from "@/lib/size";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";

const Curves = lazy(() => import("@/components/chart/Curves"));

/** One of the curves: who told it, and how many points of it there are by now. */
export interface Told {
  label: string;
  teller: Teller;
  metric: string;
  points: number;
}

export interface OverlaidProps {
  told: readonly Told[];
  /** What they are curves of. */
  metric: string;
  /** Before the controls, such as which metric it is. */
  children: ReactNode;
  /** Another one: what ended since has its last points on record. */
  at?: string;
  onChoose?: (index: number) => void;
  height?: number;
}

/** Curves of one metric over each other, each read as far as a screen can show, and what is looked at closer for itself. */
export function Overlaid({ told, metric, children, at = "", onChoose, height = 340 }: OverlaidProps) {
  const each = pointsOfEach(told.length);
  const results = useQueries({ queries: told.map(({ teller, metric: name }) => seriesQuery(teller, [name], undefined, each)) });
  useRenewed(told, each, at);
  const [look, setLook] = useState(PLAIN_LOOK);
  const [focused, setFocused] = useState<string>();
  const isDark = useIsDark();
  const [zoom, setZoom] = useState<Zoom>();
  const { isTime, weight } = look;
  const ranges = results.map(({ data }) => zoom && rangeOf(data?.[0], zoom, isTime));
  const parts = useQueries({
    queries: told.map(({ teller, metric: name }, index) => {
      const whole = results[index]?.data?.[0];
      const range = ranges[index];
      return { ...seriesPartQuery(teller, name, range ?? { isTime, from: 0, to: 0 }, each), enabled: range !== undefined && whole !== undefined && whole.points > whole.steps.length };
    }),
  });
  const read = [...results, ...parts].map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  // Drawn anew when an answer comes, not whenever the mouse goes over a name.
  const curves = useMemo(
    () =>
      told.map(({ label }, index) => {
        const whole = results[index]?.data?.[0];
        const shown = whole && withPart(whole, zoom && parts[index]?.data, ranges[index]);
        return { id: String(index), label, points: whole?.points ?? 0, shown: whole?.steps.length ?? 0, ...pointsOf(shown, { isTime, weight }) };
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `read` says when each was read last
    [told, isTime, weight, zoom, read],
  );
  const most = curves.reduce((one, other) => (other.points > one.points ? other : one), { points: 0, shown: 0 });
  const onLook = (next: CurveLook) => {
    if (next.isTime !== isTime) setZoom(undefined);
    setLook(next);
  };
  const failed = results.filter((result) => result.isError && !result.data);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-4">
        {children}
        <CurveControls look={look} onChange={onLook} />
      </div>
      <CurveNote points={most.points} shown={most.shown} zoom={zoom} isTime={isTime} onWhole={() => setZoom(undefined)} />
      {failed[0] && <Failure error={failed[0].error} onRetry={() => failed.forEach((result) => void result.refetch())} />}
      {results.every(({ isPending }) => isPending) ? (
        <Skeleton lines={8} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <Curves curves={curves} label={metric} isLog={look.isLog} isTime={isTime} focused={focused} height={height} zoom={zoom} onZoom={setZoom} />
        </Suspense>
      )}
      <ul aria-label="Curves" className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {curves.map(({ id, label, points }, index) => (
          <li key={id} data-curve={label} onMouseEnter={() => setFocused(id)} onMouseLeave={() => setFocused(undefined)} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(index, isDark) }} />
            {onChoose ? (
              <button type="button" className="hover:underline" onFocus={() => setFocused(id)} onBlur={() => setFocused(undefined)} onClick={() => onChoose(index)}>
                {printable(label, 60)}
              </button>
            ) : (
              <>
                {printable(label, 60)} <span className="text-ink-2">{count(points)} points</span>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What came since is read, and what was begun anew under the same number is read anew. */
function useRenewed(told: readonly Told[], each: number, at: string): void {
  const client = useQueryClient();
  const counts = JSON.stringify(told.map(({ points }) => points));
  useEffect(() => {
    for (const { teller, metric, points } of told) {
      const { queryKey } = seriesQuery(teller, [metric], undefined, each);
      const held = client.getQueryData(queryKey);
      if (!held) continue;
      const known = held[0]?.points ?? 0;
      if (known > points) void client.resetQueries({ queryKey, exact: true });
      else if (known < points) void client.invalidateQueries({ queryKey, exact: true });
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `counts` and `at` say when more may be on record
  }, [client, counts, each, at]);
}
