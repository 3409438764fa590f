import { Popover } from "radix-ui";
import { useState, type FormEvent, type ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Field, Input, Select, Tick } from "@/components/ui/Field";
import { WITHIN, type ExecutionFilters } from "@/lib/executionSearch";

const WITHIN_WORDS = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" } as const;

interface Draft {
  workflow: string;
  version: string;
  task: string;
  plan: string;
  within: string;
  since: string;
  until: string;
  min: string;
  max: string;
  labels: string;
  archived: boolean;
  children: boolean;
}

/** The filters that need typing, applied together. */
export function MoreFilters({ filters, onChange, trigger }: { filters: ExecutionFilters; onChange: (change: Partial<ExecutionFilters>) => void; trigger: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={4} aria-label="More filters" className="z-50 max-h-[80vh] w-[26rem] max-w-[calc(100vw-1rem)] overflow-auto rounded-lg border border-line bg-ground p-4 shadow-pop">
          <Form
            initial={draftOf(filters)}
            onApply={(change) => {
              onChange(change);
              setOpen(false);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Form({ initial, onApply }: { initial: Draft; onApply: (change: Partial<ExecutionFilters>) => void }) {
  const [draft, setDraft] = useState(initial);
  const [error, setError] = useState("");
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  function apply(event: FormEvent): void {
    event.preventDefault();
    const change = filtersOf(draft);
    if (typeof change === "string") setError(change);
    else onApply(change);
  }
  const line = (name: "workflow" | "version" | "task" | "plan" | "labels" | "min" | "max", label: string, hint?: string) => (
    <Field label={label} hint={hint}>
      {(props) => <Input {...props} value={draft[name]} onChange={(event) => set({ [name]: event.target.value })} />}
    </Field>
  );
  const instant = (name: "since" | "until", label: string) => (
    <Field label={label}>
      {(props) => <Input {...props} type="datetime-local" step={1} value={draft[name]} onChange={(event) => set({ [name]: event.target.value })} />}
    </Field>
  );
  return (
    <form onSubmit={apply} className="flex flex-col gap-3">
      {line("workflow", "Workflow", "Its whole name, such as digits.workflow.digits")}
      <div className="grid grid-cols-2 gap-3">
        {line("version", "Version")}
        {line("plan", "Launch plan")}
      </div>
      {line("task", "Task that was launched by itself")}
      <Field label="Created">
        {(props) => (
          <Select {...props} value={draft.within} onChange={(event) => set({ within: event.target.value })}>
            <option value="">At any time, or between</option>
            {WITHIN.map((each) => (
              <option key={each} value={each}>
                {WITHIN_WORDS[each]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {!draft.within && (
        <div className="grid grid-cols-2 gap-3">
          {instant("since", "From")}
          {instant("until", "Until")}
        </div>
      )}
      <div className="grid grid-cols-2 gap-3">
        {line("min", "At least, seconds")}
        {line("max", "At most, seconds")}
      </div>
      {line("labels", "Labels", "key=value or key, separated by commas; all must be there")}
      <Tick label="Archived ones" checked={draft.archived} onChange={(event) => set({ archived: event.target.checked })} />
      <Tick label="Also those launched by other executions" checked={draft.children} onChange={(event) => set({ children: event.target.checked })} />
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
      <Button type="submit" look="primary">
        Apply
      </Button>
    </form>
  );
}

function draftOf({ workflow, version, task, plan, within, since, until, min, max, labels, archived, children }: ExecutionFilters): Draft {
  return {
    workflow: workflow ?? "",
    version: version ?? "",
    task: task ?? "",
    plan: plan ?? "",
    within: within ?? "",
    since: localText(since),
    until: localText(until),
    min: min?.toString() ?? "",
    max: max?.toString() ?? "",
    labels: labels?.join(", ") ?? "",
    archived: archived ?? false,
    children: children ?? false,
  };
}

/** The filters of what was typed, or what is wrong with it. */
function filtersOf(draft: Draft): Partial<ExecutionFilters> | string {
  const min = draft.min.trim() ? Number(draft.min) : undefined;
  const max = draft.max.trim() ? Number(draft.max) : undefined;
  if ([min, max].some((each) => each !== undefined && !(each >= 0))) return "Durations: expected numbers of seconds, such as 1.5";
  if (min !== undefined && max !== undefined && min > max) return "Durations: at least is more than at most";
  const labels = draft.labels.split(",").map((each) => each.trim()).filter(Boolean);
  const name = (text: string) => text.trim() || undefined;
  return {
    workflow: name(draft.workflow),
    version: name(draft.version),
    task: name(draft.task),
    plan: name(draft.plan),
    within: WITHIN.find((each) => each === draft.within),
    since: draft.within ? undefined : iso(draft.since),
    until: draft.within ? undefined : iso(draft.until),
    min,
    max,
    labels: labels.length ? labels : undefined,
    archived: draft.archived || undefined,
    children: draft.children || undefined,
  };
}

function iso(text: string): string | undefined {
  return text ? new Date(text).toISOString() : undefined;
}

/** As a field of the browser wants it: the local clock, without a zone. */
function localText(instant: string | undefined): string {
  if (!instant) return "";
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
