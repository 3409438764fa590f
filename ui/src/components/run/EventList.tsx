import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { Empty } from "@/components/ui/State";
import type { Alula } from "@/idl";
import { printable } from "@/lib/printable";
import { exact, inWords, ms } from "@/lib/time";

type Event = Alula<"ExecutionEvent">;

interface EventListProps {
  events: readonly Event[];
  nameOf: (nodeId: string) => string;
  onOpen: (nodeId: string, where?: { item?: number }) => void;
  hasMore: boolean;
  isReading: boolean;
  onMore: () => void;
}

const ROW = 30;

/** Events in their order, read page by page as one scrolls. */
export function EventList({ events, nameOf, onOpen, hasMore, isReading, onMore }: EventListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: events.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 20, useFlushSync: false });
  const last = list.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isReading && last >= events.length - 30) onMore();
  }, [hasMore, isReading, last, events.length, onMore]);
  if (events.length === 0) return <Empty title="Nothing has happened yet" />;
  const begin = ms(events[0]?.at);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div ref={scroller} tabIndex={0} className="h-full overflow-auto">
      <ol aria-label="Events" className="relative" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((row) => {
          const event = events[row.index];
          return event ? (
            <li key={event.sequence ?? row.index} className="absolute top-0 left-0 flex w-full items-center gap-3 border-b border-line px-4 text-sm" style={{ height: ROW, transform: `translateY(${row.start}px)` }}>
              <time dateTime={event.at} title={exact(ms(event.at))} className="w-20 shrink-0 text-right font-mono text-xs text-ink-2">
                +{inWords((ms(event.at) - begin) / 1000)}
              </time>
              <span className="hidden w-40 shrink-0 truncate text-xs text-ink-2 sm:block">{event.kind}</span>
              {event.node_id ? (
                <button
                  type="button"
                  onClick={() => onOpen(event.node_id ?? "", event.item ? { item: event.item - 1 } : undefined)}
                  className="max-w-56 min-w-0 shrink-0 truncate text-left font-medium hover:text-accent hover:underline"
                  title={event.node_id}
                >
                  {printable(nameOf(event.node_id), 60)}
                  {event.item ? `[${event.item - 1}]` : ""}
                </button>
              ) : (
                <span className="text-ink-2">execution</span>
              )}
              <span className="min-w-0 truncate" title={printable(event.detail || event.text)}>
                {printable(event.text, 300)}
              </span>
            </li>
          ) : null;
        })}
      </ol>
    </div>
  );
}
