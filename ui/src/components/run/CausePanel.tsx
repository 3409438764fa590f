import { ChevronDown, ChevronRight, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import type { Cause } from "@/graph/cause";
import type { ParsedError } from "@/lib/error";
import { printable } from "@/lib/printable";

/** So many lines are shown at once. */
const SHORT_TRACE = 8;

/** The first cause of a failure, in sight until it is looked into. */
export function CausePanel({ cause, nodeName, onOpen }: { cause: Cause; nodeName: string; onOpen: () => void }) {
  const { error } = cause;
  return (
    <section aria-label="First cause of the failure" className="border-b border-line bg-bad-ground px-4 py-2">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1.5">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
        <div className="min-w-0 flex-1 basis-60">
          <p className="text-sm break-words">
            <span className="font-medium text-bad">
              {printable(nodeName, 80)}
              {cause.item !== undefined && `[${cause.item}]`}
            </span>{" "}
            failed first: <span className="font-medium">{printable(error.headline, 400) || "no message was given"}</span>
          </p>
          {cause.summary && <p className="text-xs text-ink-2">{printable(cause.summary, 300)}</p>}
          <ErrorWords error={error} />
        </div>
        <Button size="small" onClick={onOpen}>
          Open with its log
        </Button>
      </div>
      <Trace error={error} isOpenAtFirst={error.trace.split("\n").length <= SHORT_TRACE} />
    </section>
  );
}

/** Whose error it was, its code, and after how many attempts. */
export function ErrorWords({ error }: { error: ParsedError }) {
  const kind = error.kind === "USER" ? "raised by the task's own code" : error.kind === "SYSTEM" ? "of the system, not of the task's code" : "";
  return (
    <p className="text-xs text-ink-2">
      <span className="font-mono">{printable(error.code, 100)}</span>
      {kind && ` · ${kind}`}
      {error.attempts && ` · attempt ${error.attempts}`}
    </p>
  );
}

export function Trace({ error, isOpenAtFirst = false }: { error: ParsedError; isOpenAtFirst?: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  if (!error.trace) return null;
  const Sign = isOpen ? ChevronDown : ChevronRight;
  return (
    <div className="mt-1">
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="inline-flex items-center gap-1 rounded text-xs text-ink-2 hover:text-ink">
        <Sign aria-hidden className="size-3.5" />
        Trace
      </button>
      {isOpen && (
        <div className="mt-1 flex items-start gap-1">
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
          <pre tabIndex={0} className="max-h-64 min-w-0 flex-1 overflow-auto rounded border border-line bg-ground p-2 font-mono text-xs">
            {printable(error.trace, 20_000)}
          </pre>
          <Copy text={`${error.headline}\n\n${error.trace}`} label="Copy the error" />
        </div>
      )}
    </div>
  );
}
