import clsx from "clsx";
import { ChevronDown, ChevronRight, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import type { Cause } from "@/graph/cause";
import type { ParsedError } from "@/lib/error";
import { outOfMemory, type OutOfMemory } from "@/lib/oom";
import { printable } from "@/lib/printable";

/** So many lines are shown at once. */
const SHORT_TRACE = 8;

/**
 * The first cause of a failure, in sight until it is looked into.
 *
 * Beside something that needs the height, such as a log, it is one line that can be unfolded.
 */
export function CausePanel({ cause, nodeName, isFolded: isFoldedAtFirst = false, onOpen }: { cause: Cause; nodeName: string; isFolded?: boolean; onOpen: () => void }) {
  const [chosen, setChosen] = useState<{ from: boolean; isFolded: boolean }>();
  const isFolded = chosen?.from === isFoldedAtFirst ? chosen.isFolded : isFoldedAtFirst;
  const { error } = cause;
  const headline = printable(error.headline, 400) || "no message was given";
  return (
    <section aria-label="First cause of the failure" className={clsx("border-b border-line bg-bad-ground px-4", isFolded ? "py-1" : "py-2")}>
      <div className={clsx("flex gap-x-3 gap-y-1.5", isFolded ? "items-center" : "flex-wrap items-start")}>
        <TriangleAlert aria-hidden className={clsx("size-4 shrink-0 text-bad", !isFolded && "mt-0.5")} />
        <div className="min-w-0 flex-1 basis-60">
          <p className={clsx("text-sm", isFolded ? "truncate" : "break-words")} title={isFolded ? headline : undefined}>
            <span className="font-medium text-bad">
              {printable(nodeName, 80)}
              {cause.item !== undefined && `[${cause.item}]`}
            </span>{" "}
            failed first: <span className="font-medium">{headline}</span>
          </p>
          {!isFolded && cause.summary && <p className="text-xs text-ink-2">{printable(cause.summary, 300)}</p>}
          {!isFolded && <ErrorWords error={error} />}
        </div>
        {isFoldedAtFirst && <Fold label="Cause" isOpen={!isFolded} onToggle={() => setChosen({ from: isFoldedAtFirst, isFolded: !isFolded })} />}
        <Button size="small" onClick={onOpen}>
          Open with its log
        </Button>
      </div>
      {!isFolded && <Trace error={error} isOpenAtFirst={isFoldedAtFirst || error.trace.split("\n").length <= SHORT_TRACE} />}
    </section>
  );
}

/** What ended an attempt, in one line above its log until more of it is asked for: an exception that nobody printed is in no log. */
export function RaisedLine({ error }: { error: ParsedError }) {
  const [isOpen, setOpen] = useState(false);
  const headline = printable(error.headline, 1000) || "It failed without a message";
  return (
    <div role="alert" className="shrink-0 border-b border-line bg-bad-ground px-4 py-1">
      <div className="flex items-start gap-3">
        <p className={clsx("min-w-0 flex-1 text-sm text-bad", isOpen ? "break-words" : "truncate")} title={isOpen ? undefined : headline}>
          {headline}
        </p>
        <Fold label="Error" isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      </div>
      {isOpen && <ErrorWords error={error} />}
      {isOpen && <TraceText error={error} />}
    </div>
  );
}

/** Whose error it was, its code, and after how many attempts. */
export function ErrorWords({ error }: { error: ParsedError }) {
  const memory = outOfMemory(error);
  const kind = error.code === "ReceivedRejectSignal" ? "answered with no by a person" : memory ? "ended for its memory" : error.kind === "USER" ? "raised by the task's own code" : error.kind === "SYSTEM" ? "of the system, not of the task's code" : "";
  return (
    <>
      <p className="text-xs text-ink-2">
        <span className="font-mono">{printable(error.code, 100)}</span>
        {kind && ` · ${kind}`}
        {error.attempts && ` · attempt ${error.attempts}`}
      </p>
      {memory && <MemoryWords memory={memory} />}
    </>
  );
}

/** What helps a task that was ended for its memory. */
function MemoryWords({ memory: { used, limit, ask } }: { memory: OutOfMemory }) {
  const setting = `resources=al.Resources(mem="${ask}")`;
  return (
    <p className="mt-0.5 flex flex-wrap items-center gap-x-1 text-xs text-ink-2">
      {used && `It used ${used} at its peak, ${limit} was its limit. `}
      More memory is a setting of the task: <code className="font-mono text-ink">@al.task({setting})</code>
      <Copy text={setting} label="Copy the setting" />
    </p>
  );
}

export function Trace({ error, isOpenAtFirst = false }: { error: ParsedError; isOpenAtFirst?: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  if (!error.trace) return null;
  return (
    <div className="mt-1">
      <Fold label="Trace" isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      {isOpen && <TraceText error={error} />}
    </div>
  );
}

function Fold({ label, isOpen, onToggle }: { label: string; isOpen: boolean; onToggle: () => void }) {
  const Sign = isOpen ? ChevronDown : ChevronRight;
  return (
    <button type="button" aria-expanded={isOpen} onClick={onToggle} className="inline-flex h-5 shrink-0 items-center gap-1 rounded text-xs text-ink-2 hover:text-ink">
      <Sign aria-hidden className="size-3.5" />
      {label}
    </button>
  );
}

function TraceText({ error }: { error: ParsedError }) {
  if (!error.trace) return null;
  return (
    <div className="mt-1 flex items-start gap-1">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <pre tabIndex={0} className="max-h-64 min-w-0 flex-1 overflow-auto rounded border border-line bg-ground p-2 font-mono text-xs">
        {printable(error.trace, 20_000)}
      </pre>
      <Copy text={`${error.headline}\n\n${error.trace}`} label="Copy the error" />
    </div>
  );
}
