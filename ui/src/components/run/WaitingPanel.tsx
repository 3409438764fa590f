import { Hand } from "lucide-react";
import { Button } from "@/components/ui/Button";
import type { Waiting } from "@/graph/waiting";
import { printable } from "@/lib/printable";

const SHOWN = 3;

/** Says that an execution waits for a person, and where the answer is given. */
export function WaitingPanel({ waiting, onOpen }: { waiting: readonly Waiting[]; onOpen: (nodeId: string) => void }) {
  return (
    <section aria-label="Waits for a person" className="flex flex-col gap-1.5 border-b border-line bg-hold-ground px-4 py-2">
      {waiting.slice(0, SHOWN).map(({ nodeId, name, isApproval }) => (
        <div key={nodeId} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Hand aria-hidden className="size-4 shrink-0 text-hold" />
          <p className="min-w-0 flex-1 text-sm">
            Waits for {isApproval ? "an approval" : "a value"}: <span className="font-medium text-hold">{printable(name, 80)}</span>
          </p>
          <Button size="small" onClick={() => onOpen(nodeId)}>
            Answer
          </Button>
        </div>
      ))}
      {waiting.length > SHOWN && <p className="text-xs text-ink-2">and {waiting.length - SHOWN} more, in the Nodes tab</p>}
    </section>
  );
}
