import { useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { rerunExecution } from "@/api/execution/mutations";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Dialog";
import { say } from "@/components/ui/Toast";
import { isTerminal } from "@/lib/phase";
import { useRunPage } from "./page";

/** What one does from a node on. */
export function NodeActions({ nodeId, name }: { nodeId: string; name: string }) {
  const { id, run, graphs } = useRunPage();
  const navigate = useNavigate();
  if (!isTerminal(run.execution?.closure?.phase)) return null;
  // What lies in another node begins anew with that.
  if (graphs.describer.parents.has(nodeId)) return null;

  async function rerun(): Promise<void> {
    const made = await rerunExecution({ id, from_nodes: [nodeId] });
    await navigate({ to: "/executions/$project/$domain/$name", params: { project: id.project, domain: id.domain, name: made.name ?? "" }, search: {} });
    say(`Goes on from ${name} as ${made.name}`);
  }

  return (
    <div className="flex gap-2 px-4 pt-2">
      <Confirm
        title={`Run again from ${name}?`}
        action="Run again from here"
        isDangerous={false}
        onConfirm={rerun}
        trigger={
          <Button size="small" icon={<Play aria-hidden className="size-3.5" />}>
            Rerun from here
          </Button>
        }
      >
        A new execution takes over what lies before this node, and computes it and everything that follows anew.
      </Confirm>
    </div>
  );
}
