import clsx from "clsx";
import type { ReactNode } from "react";
import type { Change } from "@/compare/version/change";
import { printable } from "@/lib/printable";

export type Status = "added" | "removed" | "changed";

const SIGNS: Record<Status, string> = { added: "+", removed: "−", changed: "~" };
const LOOKS: Record<Status, string> = { added: "text-good bg-good-ground", removed: "text-bad bg-bad-ground", changed: "text-busy bg-busy-ground" };

/** What happened to a thing, as a sign, a colour and a word. */
export function StatusMark({ status }: { status: Status }) {
  return (
    <span className={clsx("inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium", LOOKS[status])}>
      <span aria-hidden>{SIGNS[status]}</span>
      {status}
    </span>
  );
}

/** Names with what they were and what they are. */
export function ChangeList({ changes }: { changes: readonly Change[] }) {
  return (
    <dl className="flex flex-col gap-2">
      {changes.map((change) => (
        <div key={change.name} className="grid gap-x-4 gap-y-0.5 sm:grid-cols-[12rem_minmax(0,1fr)]">
          <dt className="min-w-0 text-sm break-words">{printable(change.name, 200)}</dt>
          <dd className="flex min-w-0 flex-col gap-0.5 font-mono text-xs">
            {change.before !== undefined && <Side sign="−" label="before" look="bg-bad-ground text-bad" text={change.before} />}
            {change.after !== undefined && <Side sign="+" label="now" look="bg-good-ground text-good" text={change.after} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Side({ sign, label, look, text }: { sign: string; label: string; look: string; text: string }) {
  return (
    <p className={clsx("flex gap-2 rounded px-1.5 py-0.5 whitespace-pre-wrap", look)}>
      <span aria-hidden className="select-none">
        {sign}
      </span>
      <span className="sr-only">{label}: </span>
      <span className="min-w-0 break-words">{printable(text, 2000)}</span>
    </p>
  );
}

/** A titled part of a comparison; what is equal is said in one line. */
export function ChangeSection({ title, isEqual, count, children }: { title: string; isEqual: boolean; count?: number; children?: ReactNode }) {
  return (
    <section aria-label={title} className="rounded-lg border border-line">
      <h2 className={clsx("flex items-center gap-2 px-4 py-2 text-sm font-semibold", !isEqual && "border-b border-line")}>
        {title}
        <span className="ml-auto text-xs font-normal text-ink-2">{isEqual ? "the same" : count === undefined ? "" : `${count} ${count === 1 ? "difference" : "differences"}`}</span>
      </h2>
      {!isEqual && <div className="flex flex-col gap-3 p-4">{children}</div>}
    </section>
  );
}
