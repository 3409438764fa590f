import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { PencilLine } from "lucide-react";
import { useState, type ReactNode } from "react";
import { entityQuery, versionsQuery, type EntityKind } from "@/api/entity/queries";
import { rerunExecution } from "@/api/execution/mutations";
import { VersionSelect } from "@/components/launch/VersionSelect";
import { Confirm } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { say } from "@/components/ui/Toast";
import type { Start } from "@/graph/rerun";
import type { Execution, ExecutionId, Identifier } from "@/idl";
import { idText } from "@/lib/id";
import { messageOf } from "@/lib/messageOf";
import { printable } from "@/lib/printable";
import { useRunPage } from "./page";

/** Asks which version a past execution goes on with; `onSame` is done for its own, else it is rerun from `start`. */
export function RerunDialog({ trigger, title, action, start, onSame, children }: {
  trigger: ReactNode;
  title: string;
  action: string;
  start: Start;
  onSame?: () => Promise<ExecutionId>;
  children: ReactNode;
}) {
  const { id, run } = useRunPage();
  const navigate = useNavigate();
  const plan = run.execution?.spec?.launch_plan;
  const own = plan?.version ?? "";
  const [version, setVersion] = useState(own);

  async function go(): Promise<void> {
    const isSame = version === own;
    const rerun = { id, ...start };
    const made = await (isSame ? (onSame?.() ?? rerunExecution(rerun)) : rerunExecution({ ...rerun, launch_plan: { ...plan, version } }));
    await navigate({ to: "/executions/$project/$domain/$name", params: { project: id.project, domain: id.domain, name: made.name ?? "" }, search: {} });
    say(`Goes on as ${made.name}${isSame ? "" : ` with ${printable(version, 60)}`}`);
  }

  return (
    <Confirm title={title} action={action} isDangerous={false} onConfirm={go} trigger={trigger}>
      <div className="flex flex-col gap-3">
        <div>{children}</div>
        {plan && <Versions launched={versionsOf(run.execution, plan)} own={own} version={version} onVersion={setVersion} />}
        <Link to="/launch" search={{ from: idText(id), ...start, ...(version === own ? {} : { version }) }} className="inline-flex items-center gap-1.5 self-start text-accent hover:underline">
          <PencilLine aria-hidden className="size-3.5" />
          With changed inputs…
        </Link>
      </div>
    </Confirm>
  );
}

/** Whose versions are the choice: those of a workflow say more than those of its own launch plan. */
function versionsOf(execution: Execution | undefined, plan: Identifier): Identifier & { kind: EntityKind } {
  const kind = plan.resource_type === "TASK" ? "TASK" : plan.name === execution?.closure?.workflow_id?.name ? "WORKFLOW" : "LAUNCH_PLAN";
  return { ...plan, resource_type: kind, kind };
}

function Versions({ launched, own, version, onVersion }: { launched: Identifier & { kind: EntityKind }; own: string; version: string; onVersion: (version: string) => void }) {
  const { kind, ...named } = launched;
  const query = useInfiniteQuery(versionsQuery(named, 100));
  const entity = useQuery(entityQuery(kind, named));
  const versions = query.data?.pages.flatMap((page) => page.versions ?? []) ?? [];
  const newest = versions[0]?.id?.version;
  const byName = entity.data?.active_version || newest;
  return (
    <Field label="Version" error={query.error ? messageOf(query.error) : ""} hint={version === own ? "The code that it ran: what failed for its code fails again" : "What succeeded is kept where this version has the same node with the same inputs; whether code before it has changed is not looked at"}>
      {(tied) => (
        <VersionSelect
          tied={tied}
          versions={versions}
          version={version}
          onVersion={onVersion}
          onMore={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
          marks={(each) => {
            const it = each.id?.version;
            return [it === own && "of this execution", it === newest && "newest", entity.isSuccess && it === byName && "launched by name"].filter((mark) => mark !== false);
          }}
        />
      )}
    </Field>
  );
}
