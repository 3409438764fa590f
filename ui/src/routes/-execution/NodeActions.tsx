import { Play } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { pointOf } from "@/graph/rerun";
import { isTerminal } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { RerunDialog } from "./RerunDialog";
import { useRunPage } from "./page";

/** What one does from a node on. */
export function NodeActions({ nodeId, name }: { nodeId: string; name: string }) {
  const { run, graphs } = useRunPage();
  if (!isTerminal(run.execution?.closure?.phase)) return null;
  // What lies in a branch, a map or a graph that a task made begins anew with that.
  if (pointOf(nodeId, graphs.describer) !== nodeId) return null;
  return (
    <div className="flex gap-2 px-4 pt-2">
      <RerunDialog
        title={`Run again from ${printable(name, 80)}?`}
        action="Run again from here"
        start={{ from_nodes: [nodeId] }}
        trigger={
          <Button size="small" icon={<Play aria-hidden className="size-3.5" />}>
            Rerun from here
          </Button>
        }
      >
        A new execution takes over what lies before this node, and computes it and everything that follows anew.
      </RerunDialog>
    </div>
  );
}
