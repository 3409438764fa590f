import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ban, ClipboardCopy, GitCompare, LifeBuoy, Link2, MoreHorizontal, PencilLine, RotateCw, Terminal } from "lucide-react";
import { useRef, useState } from "react";
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
import { useOffer } from "@/lib/pageActions";
import { printable } from "@/lib/printable";
import { RerunDialog } from "./RerunDialog";
import { useRunPage } from "./page";

const SIGN = "size-4 shrink-0";

/** What one does with an execution. */
export function Actions() {
  const { id, run, graphs } = useRunPage();
  const navigate = useNavigate();
  const { data: server = "" } = useQuery(serverQuery());
  const [isBusy, setBusy] = useState(false);
  const [abort, recover, relaunch] = [useRef<HTMLButtonElement>(null), useRef<HTMLButtonElement>(null), useRef<HTMLButtonElement>(null)];
  const execution = run.execution;
  const phase = execution?.closure?.phase;
  const hasEnded = isTerminal(phase);
  const from = execution?.spec?.metadata?.reference_execution;
  const compare = () => void navigate({ to: "/compare", search: { ids: `${idText(from)},${idText(id)}` } });
  const copy = (text: string) => void toClipboard(text).then(() => say("Copied"), complain);
  // By the buttons themselves, so that the palette asks, does and refuses what they do.
  useOffer(
    execution
      ? [
          ...(hasEnded ? [] : [{ id: "abort", label: "Abort this execution", icon: <Ban aria-hidden className={SIGN} />, onSelect: () => abort.current?.click() }]),
          ...(hasEnded && phase !== "SUCCEEDED" ? [{ id: "recover", label: "Recover this execution", icon: <LifeBuoy aria-hidden className={SIGN} />, onSelect: () => recover.current?.click() }] : []),
          { id: "relaunch", label: "Relaunch this execution", icon: <RotateCw aria-hidden className={SIGN} />, onSelect: () => relaunch.current?.click() },
          { id: "change", label: "Relaunch with changes", icon: <PencilLine aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/launch", search: { from: idText(id) } }) },
          ...(from ? [{ id: "compare", label: `Compare with ${printable(from.name, 80)}, which it came from`, icon: <GitCompare aria-hidden className={SIGN} />, onSelect: compare }] : []),
          { id: "link", label: "Copy the link to this page", icon: <Link2 aria-hidden className={SIGN} />, onSelect: () => copy(location.href) },
          { id: "name", label: "Copy the execution's name", icon: <ClipboardCopy aria-hidden className={SIGN} />, onSelect: () => copy(id.name) },
        ]
      : [],
  );
  if (!execution) return null;

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
            <Button ref={abort} look="danger" icon={<Ban aria-hidden className="size-4" />}>
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
            <Button ref={recover} look="primary" disabled={isBusy} icon={<LifeBuoy aria-hidden className="size-4" />} title="Once more, keeping what succeeded">
              Recover
            </Button>
          }
        >
          A new execution takes over what succeeded, and computes the rest.
        </RerunDialog>
      )}
      <Button ref={relaunch} disabled={isBusy} icon={<RotateCw aria-hidden className="size-4" />} title="The same version with the same inputs once more" onClick={() => void launch("Relaunched", () => relaunchExecution(id))}>
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
          <MenuItem icon={<GitCompare aria-hidden className="size-4" />} onSelect={compare}>
            Compare with {from.name}
          </MenuItem>
        )}
        <MenuLine />
        <MenuLabel>Copy as command</MenuLabel>
        {commands(id, hasEnded, server).map((command) => (
          <MenuItem key={command} icon={<Terminal aria-hidden className="size-4 shrink-0" />} onSelect={() => copy(command)}>
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
