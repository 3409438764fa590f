import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { useMemo, useRef, useState, useEffect, type KeyboardEvent } from "react";
import { TONE_GROUND, TONE_TEXT } from "@/components/ui/Phase";
import { phaseCounts, stripWords, type ItemsShown } from "@/components/graph/HeatStrip";
import { count } from "@/lib/size";
import { focusInList, nextIndex } from "@/components/ui/listNavigation";
import { ATTEMPT_PHASES, phaseWords, toneOf } from "@/lib/phase";

const CELL = 44;
const ROW = 26;

/** While they are read, as high as those of a large map. */
export function NoItemsYet() {
  return (
    <div role="status" aria-label="Loading the items" className="border-b border-line px-4 pt-2 pb-2">
      <div className="h-6 w-48 animate-pulse rounded bg-ground-3" />
      <div className="mt-2 h-56 animate-pulse rounded bg-ground-2" />
    </div>
  );
}

/** The items of a map as a field of cells, thousands of them; each opens its attempts. While one is open two rows of them are shown. */
export function ItemsGrid({ items, chosen, onChoose }: { items: ItemsShown; chosen: number | undefined; onChoose: (item: number) => void }) {
  const [phase, setPhase] = useState<number>();
  const [active, setActive] = useState(chosen ?? 0);
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(440);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const counts = useMemo(() => phaseCounts(items), [items]);
  const shown = useMemo(() => {
    const found: number[] = [];
    for (let at = 0; at < items.size; at++) if (phase === undefined || items.phases[at] === phase) found.push(at);
    return found;
  }, [items, phase]);
  const columns = Math.max(1, Math.floor((width - 32) / CELL));
  const list = useVirtualizer({ count: Math.ceil(shown.length / columns), getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 6, useFlushSync: false });

  const row = chosen === undefined ? -1 : Math.floor(shown.indexOf(chosen) / columns);
  useEffect(() => {
    if (row >= 0) list.scrollToIndex(row, { align: "auto" });
  }, [row, list]);

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const at = Number((event.target as HTMLElement).dataset["at"] ?? Number.NaN);
    const next = Number.isNaN(at) ? undefined : nextIndex(event, at, shown.length, Math.max(2, columns));
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
    focusInList(scroller.current, `[data-at="${next}"]`, () => list.scrollToIndex(Math.floor(next / columns)));
  }

  // One of the cells is a stop of the Tab key: with thousands one would never come to what lies beneath.
  const rendered = list.getVirtualItems();
  const isInSight = rendered.some((row) => row.index === Math.floor(active / columns)) && active < shown.length;
  const stop = isInSight ? active : (rendered[0]?.index ?? 0) * columns;

  return (
    <section aria-label="Items" className="border-b border-line">
      <div className="flex flex-wrap items-center gap-1 px-4 py-2">
        <span className="mr-2 text-xs text-ink-2">{stripWords(items)}</span>
        {[...counts].map(([each, many]) => (
          <button
            key={each}
            type="button"
            aria-pressed={phase === each}
            onClick={() => setPhase(phase === each ? undefined : each)}
            className={clsx("h-6 rounded-full border px-2 text-xs", phase === each ? "border-accent bg-accent-ground font-medium" : "border-line text-ink-2 hover:bg-ground-3")}
          >
            {phaseWords(ATTEMPT_PHASES[each])} {count(many)}
          </button>
        ))}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions -- its cells are buttons, this moves among them */}
      <div ref={scroller} onKeyDown={onKeyDown} className={clsx("overflow-auto px-4 pb-2", chosen === undefined ? "max-h-56" : "max-h-[60px]")}>
        <div className="relative" style={{ height: list.getTotalSize() }}>
          {rendered.map((row) => (
            <div key={row.key} className="absolute top-0 left-0 flex w-full gap-0.5" style={{ height: ROW, transform: `translateY(${row.start}px)` }}>
              {shown.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => {
                const name = ATTEMPT_PHASES[items.phases[item] ?? 0];
                const tone = items.cached[item] === 1 ? "cached" : toneOf(name);
                return (
                  <button
                    key={item}
                    type="button"
                    data-at={row.index * columns + column}
                    aria-label={`Item ${item}, ${items.cached[item] === 1 ? "from the cache" : phaseWords(name).toLowerCase()}`}
                    aria-pressed={item === chosen}
                    tabIndex={row.index * columns + column === stop ? 0 : -1}
                    onClick={() => {
                      setActive(row.index * columns + column);
                      onChoose(item);
                    }}
                    className={clsx(
                      "h-6 rounded-sm text-center font-mono text-[11px] leading-6 tabular-nums",
                      TONE_GROUND[tone],
                      TONE_TEXT[tone],
                      tone === "bad" && "font-bold underline",
                      item === chosen && "outline-2 outline-accent outline-solid",
                    )}
                    style={{ width: CELL - 2 }}
                  >
                    {item}
                  </button>
                );
              })}
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}
