import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ban, GitCompare, LifeBuoy, MoreHorizontal, PencilLine, RotateCw, Terminal } from "lucide-react";
import { useState } from "react";
import { abortExecution, recoverExecution, relaunchExecution } from "@/api/execution/mutations";
import { serverQuery } from "@/api/overview/queries";
import { AbortDialog } from "@/components/run/AbortDialog";
import { Button, IconButton } from "@/components/ui/Button";
import { toClipboard } from "@/components/ui/Copy";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/ui/Menu";
import { complain, say } from "@/components/ui/Toast";
import { recoveryOf } from "@/graph/rerun";
import type { ExecutionId } from "@/idl";
import { idText } from "@/lib/id";
import { isTerminal } from "@/lib/phase";
import { commandAt, option, quoted } from "@/lib/command";
import { printable } from "@/lib/printable";
import { RerunDialog } from "./RerunDialog";
import { useRunPage } from "./page";

/** What one does with an execution. */
export function Actions() {
  const { id, run, graphs } = useRunPage();
  const navigate = useNavigate();
  const { data: server = "" } = useQuery(serverQuery());
  const [isBusy, setBusy] = useState(false);
  const execution = run.execution;
  if (!execution) return null;
  const phase = execution.closure?.phase;
  const hasEnded = isTerminal(phase);
  const from = execution.spec?.metadata?.reference_execution;

  function go(made: ExecutionId): Promise<void> {
    const { project = "", domain = "", name = "" } = made;
    return navigate({ to: "/executions/$project/$domain/$name", params: { project, domain, name }, search: {} });
  }

  async function launch(what: string, make: () => Promise<ExecutionId>): Promise<void> {
    setBusy(true);
    try {
      const made = await make();
      await go(made);
      say(`${what} as ${made.name}`);
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      {!hasEnded && (
        <AbortDialog
          name={id.name}
          onAbort={(cause) => abortExecution(id, cause).then(() => say("Aborted"))}
          trigger={
            <Button look="danger" icon={<Ban aria-hidden className="size-4" />}>
              Abort
            </Button>
          }
        />
      )}
      {hasEnded && phase !== "SUCCEEDED" && (
        <RerunDialog
          title={`Recover ${printable(id.name, 80)}?`}
          action="Recover"
          start={recoveryOf(run.nodes, graphs.describer)}
          onSame={() => recoverExecution(id)}
          trigger={
            <Button look="primary" disabled={isBusy} icon={<LifeBuoy aria-hidden className="size-4" />} title="Once more, keeping what succeeded">
              Recover
            </Button>
          }
        >
          A new execution takes over what succeeded, and computes the rest.
        </RerunDialog>
      )}
      <Button disabled={isBusy} icon={<RotateCw aria-hidden className="size-4" />} title="The same version with the same inputs once more" onClick={() => void launch("Relaunched", () => relaunchExecution(id))}>
        Relaunch
      </Button>
      <Button asChild>
        <Link to="/launch" search={{ from: idText(id) }} title="The launch form with these inputs">
          <PencilLine aria-hidden className="size-4" />
          <span className="hidden sm:inline">Relaunch with changes</span>
          <span className="sm:hidden">Change</span>
        </Link>
      </Button>
      <Menu
        trigger={
          <IconButton label="More actions">
            <MoreHorizontal aria-hidden className="size-4" />
          </IconButton>
        }
      >
        <MenuItem icon={<RotateCw aria-hidden className="size-4" />} onSelect={() => void launch("Relaunched", () => relaunchExecution(id, true))}>
          Relaunch, computing everything anew
        </MenuItem>
        {from && (
          <MenuItem icon={<GitCompare aria-hidden className="size-4" />} onSelect={() => void navigate({ to: "/compare", search: { ids: `${idText(from)},${idText(id)}` } })}>
            Compare with {from.name}
          </MenuItem>
        )}
        <MenuLine />
        <MenuLabel>Copy as command</MenuLabel>
        {commands(id, hasEnded, server).map((command) => (
          <MenuItem key={command} icon={<Terminal aria-hidden className="size-4 shrink-0" />} onSelect={() => void toClipboard(command).then(() => say("Copied"), complain)}>
            <span className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{command}</span>
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}

function commands({ project, domain, name }: { project: string; domain: string; name: string }, hasEnded: boolean, server: string): string[] {
  const verbs = hasEnded ? ["get execution", "relaunch", "recover"] : ["get execution", "watch", "abort"];
  return verbs.map((verb) => commandAt(`alula ${verb} ${quoted(name)} ${option("project", project)} ${option("domain", domain)}`, server));
}
