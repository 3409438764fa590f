import { Link } from "@tanstack/react-router";
import { GitCommitHorizontal, Tag } from "lucide-react";
import type { ReactNode } from "react";
import { Copy } from "@/components/ui/Copy";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago, Elapsed } from "@/components/ui/Time";
import type { Alula, Execution, ExecutionId, Identifier } from "@/idl";
import { pageOf } from "@/lib/entity";
import { shortName } from "@/lib/id";
import { labelText } from "@/lib/executionSearch";
import { ASKING } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { spanOf } from "@/lib/span";
import { ms } from "@/lib/time";

const CAME_FROM: Record<string, string> = { RELAUNCH: "relaunch of", RECOVERED: "goes on from", CHILD_WORKFLOW: "launched by", SCHEDULED: "scheduled", SYSTEM: "by the system" };

/** What an execution is: its phase, what it runs, who launched it, from which code, since when. */
export function RunHeader({ name, isAsking, execution, provenance }: { name: string; isAsking: boolean; execution: Execution | undefined; provenance: Alula<"Provenance"> | undefined }) {
  const closure = execution?.closure;
  const phase = closure?.phase ?? (execution ? "UNDEFINED" : undefined);
  const { startedAt, endedAt } = spanOf(closure);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex min-w-0 items-center gap-2">
        <h1 className="truncate text-base font-semibold" title={name}>
          {printable(name, 120)}
        </h1>
        <Copy text={name} label="Copy the name" />
        {phase && <PhaseBadge phase={isAsking && phase === "RUNNING" ? ASKING : phase} />}
        {execution && (
          <span className="text-sm whitespace-nowrap text-ink-2" title="Duration">
            {Number.isFinite(startedAt) ? <Elapsed from={startedAt} to={endedAt} /> : "not started"}
          </span>
        )}
      </div>
      {execution && <Facts execution={execution} provenance={provenance} />}
    </div>
  );
}

function Facts({ execution, provenance }: { execution: Execution; provenance: Alula<"Provenance"> | undefined }) {
  const { spec, closure } = execution;
  const metadata = spec?.metadata;
  const workflow = closure?.workflow_id;
  const plan = spec?.launch_plan;
  const from = metadata?.reference_execution ?? metadata?.parent_node_execution?.execution_id;
  const labels = Object.entries(spec?.labels?.values ?? {});
  const place = { project: execution.id?.project, domain: execution.id?.domain };
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-xs text-ink-2">
      {workflow && <WorkflowLink id={workflow} />}
      {plan?.name && plan.name !== workflow?.name && <PlanLink id={plan} />}
      {provenance?.source?.commit && <Commit source={provenance.source} />}
      {metadata?.principal && (
        <span>
          by{" "}
          <Link to="/executions" search={{ ...place, users: [metadata.principal] }} className={LINK} title="What they launched">
            {printable(metadata.principal, 80)}
          </Link>
        </span>
      )}
      <span>
        started <Ago at={ms(closure?.started_at ?? closure?.created_at)} />
      </span>
      {from && (
        <span>
          {CAME_FROM[metadata?.mode ?? ""] ?? "from"} <ExecutionLink id={from} />
        </span>
      )}
      {closure?.abort_metadata && (
        <span>
          aborted{closure.abort_metadata.principal ? ` by ${printable(closure.abort_metadata.principal, 80)}` : ""}
          {closure.abort_metadata.cause ? `: “${printable(closure.abort_metadata.cause, 300)}”` : ""}
        </span>
      )}
      {labels.map(([key, value]) => (
        <Link key={key} to="/executions" search={{ ...place, labels: [labelText(key, value)] }} className="rounded hover:text-ink hover:underline" title="Executions with this label">
          <Mark>{printable(labelText(key, value), 80)}</Mark>
        </Link>
      ))}
      {(spec?.tags ?? []).map((tag) => (
        <Mark key={tag}>{printable(tag, 80)}</Mark>
      ))}
    </div>
  );
}

function Mark({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1 rounded bg-ground-3 px-1.5">
      <Tag aria-hidden className="size-3" />
      {children}
    </span>
  );
}

const LINK = "text-accent hover:underline";

function WorkflowLink({ id }: { id: Identifier }) {
  const { name = "", version = "" } = id;
  const page = pageOf(id);
  return (
    <span className="inline-flex min-w-0 items-center gap-1">
      <Link {...page} search={{ version }} className={LINK} title={printable(name)}>
        {printable(shortName(name), 60)}
      </Link>
      <Link {...page} search={{ version, tab: "code" }} className={`truncate font-mono ${LINK}`} title={`Code of version ${printable(version)}`}>
        {printable(version, 24)}
      </Link>
    </span>
  );
}

function PlanLink({ id }: { id: Identifier }) {
  const { project = "", domain = "", name = "", version = "" } = id;
  return (
    <span>
      launch plan{" "}
      <Link to="/launch-plans/$project/$domain/$name" params={{ project, domain, name }} search={{ version }} className={LINK}>
        {printable(shortName(name), 60)}
      </Link>
    </span>
  );
}

export function ExecutionLink({ id }: { id: ExecutionId }) {
  const { project = "", domain = "", name = "" } = id;
  return (
    <Link to="/executions/$project/$domain/$name" params={{ project, domain, name }} search={{}} className={LINK}>
      {printable(name, 80)}
    </Link>
  );
}

function Commit({ source }: { source: Alula<"Source"> }) {
  const dirty = source.is_dirty ? ", with changes that were not committed" : "";
  return (
    <span className="inline-flex items-center gap-1 font-mono" title={`commit ${printable(source.commit)}${source.branch ? ` on ${printable(source.branch)}` : ""}${dirty}`}>
      <GitCommitHorizontal aria-hidden className="size-3.5" />
      {printable(source.commit, 2000).slice(0, 10)}
      {source.is_dirty && "*"}
    </span>
  );
}
