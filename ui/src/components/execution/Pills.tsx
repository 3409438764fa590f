import { X } from "lucide-react";
import { printable } from "@/lib/printable";
import { exact } from "@/lib/time";
import type { ExecutionFilters } from "@/lib/executionSearch";

/** The filters that no menu shows, each to be taken away. */
export function Pills({ filters, onChange }: { filters: ExecutionFilters; onChange: (change: Partial<ExecutionFilters>) => void }) {
  const { workflow, version, task, plan, within, since, until, min, max, labels = [], archived, children } = filters;
  const at = (instant: string) => exact(Date.parse(instant)).slice(0, 16);
  const shown: [string, string, Partial<ExecutionFilters>][] = [
    ["workflow", workflow ?? "", { workflow: undefined }],
    ["version", version ?? "", { version: undefined }],
    ["task", task ?? "", { task: undefined }],
    ["launch plan", plan ?? "", { plan: undefined }],
    ["last", within ?? "", { within: undefined }],
    ["since", since && !within ? at(since) : "", { since: undefined }],
    ["until", until ? at(until) : "", { until: undefined }],
    ["longer than", min === undefined ? "" : `${min} s`, { min: undefined }],
    ["shorter than", max === undefined ? "" : `${max} s`, { max: undefined }],
    ...labels.map((label): [string, string, Partial<ExecutionFilters>] => {
      const others = labels.filter((each) => each !== label);
      return ["label", label, { labels: others.length ? others : undefined }];
    }),
    ["archived", archived ? "only" : "", { archived: undefined }],
    ["launched by others", children ? "too" : "", { children: undefined }],
  ];
  return shown
    .filter(([, value]) => value)
    .map(([name, value, change]) => (
      <span key={`${name}=${value}`} className="inline-flex h-7 max-w-72 items-center gap-1 rounded-full bg-accent-ground pr-1 pl-2.5 text-xs text-ink">
        <span className="text-ink-2">{name}</span>
        <span className="truncate font-medium">{printable(value, 80)}</span>
        <button type="button" aria-label={`Remove filter ${name} ${value}`} className="rounded-full p-0.5 hover:bg-ground-3" onClick={() => onChange(change)}>
          <X aria-hidden className="size-3" />
        </button>
      </span>
    ));
}
