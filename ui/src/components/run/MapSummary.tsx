import { phaseCounts, type ItemsShown } from "@/components/graph/HeatStrip";
import { Fact } from "@/components/run/AttemptFacts";
import type { Alula } from "@/idl";
import { ATTEMPT_PHASES, phaseWords } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { count } from "@/lib/size";
import { inWords } from "@/lib/time";

const LINK = "rounded text-accent hover:underline";

/** What a map's items came to: how many stand where, what failed and why, how long they took. Each leads to its first item. */
export function MapSummary({ items, summary, onChoose }: { items: ItemsShown | undefined; summary: Alula<"ItemsSummary">; onChoose: (item: number) => void }) {
  const failures = summary.failures ?? [];
  const others = summary.other_failures ?? 0;
  return (
    <div className="flex flex-col gap-4 px-4 py-3 text-sm">
      {items && (
        <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1">
          <Fact name="Items">{count(items.size)}</Fact>
          <Fact name="Where they stand">{phasesInWords(items) || "–"}</Fact>
          <Fact name="From the cache">{count(items.cached.reduce((sum, each) => sum + each, 0))}</Fact>
        </dl>
      )}
      {failures.length > 0 && (
        <section aria-label="What failed">
          <h3 className="mb-1 text-xs font-semibold text-ink-2">What failed</h3>
          <ul className="divide-y divide-line rounded-md border border-line">
            {failures.map(({ code = "", message = "", count: many = 0, first_item: first = 0 }) => (
              <li key={`${code} ${first}`} className="flex items-baseline gap-3 px-3 py-2">
                <span className="w-10 shrink-0 text-right font-medium text-bad tabular-nums">{count(many)}×</span>
                <span className="min-w-0 flex-1 break-words">{printable(message || code, 500) || "without a message"}</span>
                <button type="button" className={`${LINK} shrink-0`} onClick={() => onChoose(first)}>
                  {many > 1 ? `first: ${first}` : `item ${first}`}
                </button>
              </li>
            ))}
          </ul>
          {others > 0 && <p className="mt-1 text-xs text-ink-2">and {count(others)} of other causes</p>}
        </section>
      )}
      {Boolean(summary.timed) && (
        <section aria-label="How long they took">
          <h3 className="mb-1 text-xs font-semibold text-ink-2">How long they took</h3>
          <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1">
            <Fact name="An item">{`${span(summary.min_us)} to ${span(summary.max_us)}, median ${span(summary.median_us)}`}</Fact>
            <Fact name="The slowest">
              <span className="flex flex-wrap gap-x-3">
                {(summary.slowest ?? []).map(({ item = 0, duration_us: took }) => (
                  <button key={item} type="button" className={LINK} onClick={() => onChoose(item)}>
                    {item}: {span(took)}
                  </button>
                ))}
              </span>
            </Fact>
          </dl>
        </section>
      )}
    </div>
  );
}

function phasesInWords(items: ItemsShown): string {
  return [...phaseCounts(items)]
    .sort(([, a], [, b]) => b - a)
    .map(([phase, many]) => `${count(many)} ${phaseWords(ATTEMPT_PHASES[phase]).toLowerCase()}`)
    .join(", ");
}

function span(us: string | number | undefined): string {
  return inWords(Number(us ?? 0) / 1e6);
}
