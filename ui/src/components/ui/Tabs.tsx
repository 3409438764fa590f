import { Tabs as Radix } from "radix-ui";
import { useEffect, useRef, type ReactNode } from "react";

/** Views of one thing; which is shown belongs into the address, so the owner holds it. */
export function Tabs({ value, onChange, items, label, extra, children }: {
  value: string;
  onChange: (value: string) => void;
  items: readonly { value: string; label: ReactNode }[];
  label: string;
  /** At the right end of the bar. */
  extra?: ReactNode;
  children: ReactNode;
}) {
  const list = useRef<HTMLDivElement>(null);
  // Where the bar is narrower than its tabs, the one that is shown is in sight.
  useEffect(() => {
    const bar = list.current;
    const tab = bar?.querySelector<HTMLElement>("[aria-selected=true]");
    if (bar && tab && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
  }, [value]);
  return (
    <Radix.Root value={value} onValueChange={onChange} className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap-reverse items-center justify-between gap-x-2 border-b border-line px-4">
        <Radix.List ref={list} aria-label={label} className="flex gap-4 overflow-x-auto [scrollbar-width:none]">
          {items.map((item) => (
            <Radix.Trigger
              key={item.value}
              value={item.value}
              className="-mb-px border-b-2 border-transparent py-2 text-sm whitespace-nowrap text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
            >
              {item.label}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {extra && <div className="py-1">{extra}</div>}
      </div>
      {children}
    </Radix.Root>
  );
}

/** What one tab shows; it is not in the page while another is shown. */
export function TabPanel({ value, children, className }: { value: string; children: ReactNode; className?: string }) {
  return (
    <Radix.Content value={value} className={className ?? "relative min-h-0 flex-1 overflow-auto"}>
      {children}
    </Radix.Content>
  );
}
