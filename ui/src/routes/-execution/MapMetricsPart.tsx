import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { metricsQuery } from "@/api/run/queries";
import { tellerOf } from "@/api/run/series";
import { useRunNode } from "@/api/run/store";
import { ItemMetrics } from "@/components/run/ItemMetrics";
import { Field, Select } from "@/components/ui/Field";
import { Empty, Failure, Skeleton } from "@/components/ui/State";
import { metricNames, saidByItems } from "@/compare/items";
import type { AttemptMetrics } from "@/idl";
import { isTerminal } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { useThrottled } from "@/lib/useThrottled";
import { Overlaid, type Told } from "../-curves/Overlaid";
import { useRunPage } from "./page";

const MOST_CURVES = 50;
const PAUSE_MS = 2000;
const NONE: ReadonlyMap<string, AttemptMetrics> = new Map();

/** The metrics of all items of a map: their curves over each other, and what each of them came to. */
export function MapMetricsPart({ nodeId, onChoose }: { nodeId: string; onChoose: (item: number) => void }) {
  const { id, store, run } = useRunPage();
  const phase = useRunNode(store, nodeId)?.closure?.phase;
  const isOver = isTerminal(phase);
  const all = useQuery(metricsQuery(id, nodeId, isOver));
  const live = useThrottled(run.told, PAUSE_MS);
  // Once all is on record, only that counts.
  const isWhole = isOver && all.isSuccess && !all.isPlaceholderData;
  const said = useMemo(() => saidByItems(all.data ?? [], (isWhole ? NONE : live).values(), nodeId), [all.data, isWhole, live, nodeId]);
  const names = useMemo(() => metricNames(said), [said]);
  const [wanted, setWanted] = useState("");
  const chosen = names.includes(wanted) ? wanted : (names[0] ?? "");
  const tellers = useMemo(() => said.filter(({ metrics = [] }) => metrics.some(({ name, points }) => name === chosen && Number(points ?? 0) > 0)), [said, chosen]);
  const told = useMemo(
    () =>
      tellers.slice(0, MOST_CURVES).map((each): Told => {
        const points = Number(each.metrics?.find(({ name }) => name === chosen)?.points ?? 0);
        return { label: `[${(each.item ?? 0) - 1}]`, teller: tellerOf(id, each), metric: chosen, points };
      }),
    [tellers, chosen, id],
  );
  if (all.error && !all.data) return <Failure error={all.error} onRetry={() => void all.refetch()} />;
  if (all.isPending && names.length === 0) return <Skeleton lines={3} />;
  if (names.length === 0) {
    return (
      <Empty title="No item told a metric">
        In the task that is mapped, <code>al.log_metric</code> does, live.
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-4 p-4">
      <Overlaid key={chosen} told={told} metric={printable(chosen, 80)} at={String(isWhole)} height={240} onChoose={(index) => onChoose((tellers[index]?.item ?? 1) - 1)}>
        <div className="w-48">
          <Field label="Metric">
            {(props) => (
              <Select {...props} value={chosen} onChange={(event) => setWanted(event.target.value)}>
                {names.map((name) => (
                  <option key={name} value={name}>
                    {printable(name, 80)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
      </Overlaid>
      <p className="text-xs text-ink-2">
        {tellers.length > told.length ? `The first ${told.length} of ${tellers.length} items that told it are drawn.` : `All ${told.length} items that told it are drawn.`} A number opens its item.
      </p>
      <ItemMetrics said={said} names={names} onChoose={onChoose} />
    </div>
  );
}
