import { Link } from "@tanstack/react-router";
import { Archive, Ban, GitCompare, RotateCcw, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Dialog";
import type { Execution, ExecutionId } from "@/idl";
import { idText } from "@/lib/id";
import { isTerminal } from "@/lib/phase";
import { messageOf } from "@/lib/messageOf";

export interface BulkActions {
  abort: (id: ExecutionId) => Promise<unknown>;
  relaunch: (id: ExecutionId) => Promise<unknown>;
  archive: (id: ExecutionId) => Promise<unknown>;
}

/** Says what was done to several; what was refused is told by name, in the server's words. */
export interface BulkOutcome {
  verb: string;
  done: number;
  refused: readonly { id: string; reason: string }[];
}

const AT_ONCE = 4;
const COMPARED_AT_MOST = 100;

/** What can be done with the chosen executions at once. */
export function BulkBar({ chosen, actions, onDone, onClear }: { chosen: readonly Execution[]; actions: BulkActions; onDone: (outcome: BulkOutcome) => void; onClear: () => void }) {
  const [progress, setProgress] = useState("");
  useEffect(() => backToTheList, []);
  const ids = chosen.map(({ id }) => id ?? {});
  const running = chosen.filter(({ closure }) => !isTerminal(closure?.phase)).map(({ id }) => id ?? {});

  async function all(verb: string, of: readonly ExecutionId[], act: (id: ExecutionId) => Promise<unknown>): Promise<void> {
    const waiting = [...of];
    const refused: { id: string; reason: string }[] = [];
    async function worker(): Promise<void> {
      for (let id = waiting.shift(); id; id = waiting.shift()) {
        try {
          await act(id);
        } catch (error) {
          refused.push({ id: idText(id), reason: messageOf(error) });
        }
        setProgress(`${of.length - waiting.length} of ${of.length}`);
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    setProgress("");
    onDone({ verb, done: of.length - refused.length, refused });
  }

  return (
    <div role="toolbar" aria-label="With the chosen executions" className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-ground px-4 py-1.5">
      <span className="text-sm font-medium">{progress || `${chosen.length} chosen`}</span>
      <Button size="small" asChild className={ids.length < 2 || ids.length > COMPARED_AT_MOST ? "pointer-events-none opacity-50" : ""}>
        <Link to="/compare" search={{ ids: ids.map(idText).join(",") }} disabled={ids.length < 2 || ids.length > COMPARED_AT_MOST} title={`From 2 to ${COMPARED_AT_MOST}`}>
          <GitCompare aria-hidden className="size-3.5" />
          Compare
        </Link>
      </Button>
      <Confirm
        trigger={
          <Button size="small" disabled={Boolean(progress)} icon={<RotateCcw aria-hidden className="size-3.5" />}>
            Relaunch
          </Button>
        }
        title={`Relaunch ${plural(ids.length)}?`}
        action="Relaunch"
        isDangerous={false}
        onConfirm={() => all("relaunched", ids, actions.relaunch)}
      >
        Each runs once more, with the same version and inputs. What is cached is not computed again.
      </Confirm>
      <Confirm
        trigger={
          <Button size="small" look="danger" disabled={running.length === 0 || Boolean(progress)} icon={<Ban aria-hidden className="size-3.5" />}>
            Abort{running.length > 0 && running.length < ids.length ? ` ${running.length} running` : ""}
          </Button>
        }
        title={`Abort ${plural(running.length)}?`}
        action="Abort"
        onConfirm={() => all("aborted", running, actions.abort)}
      >
        Their tasks are stopped. What has been computed stays on record, and each can be recovered from there.
      </Confirm>
      <Button size="small" disabled={Boolean(progress)} icon={<Archive aria-hidden className="size-3.5" />} onClick={() => void all("archived", ids, actions.archive)}>
        Archive
      </Button>
      <IconButton size="small" label="Choose none" className="ml-auto" onClick={onClear}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}

/** With the bar goes the button that had the focus; a dialog that closes gives it back to that button, a moment later. */
function backToTheList(): void {
  setTimeout(() => {
    if (document.activeElement === document.body) (document.querySelector<HTMLElement>("[data-executions]") ?? document.getElementById("main"))?.focus();
  }, 50);
}

export function plural(count: number): string {
  return count === 1 ? "1 execution" : `${count} executions`;
}
