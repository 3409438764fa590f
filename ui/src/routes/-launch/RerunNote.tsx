import { useQuery } from "@tanstack/react-query";
import { launchPlanQuery, workflowQuery } from "@/api/entity/queries";
import { planOf } from "@/graph/rerun";
import type { Identifier } from "@/idl";
import { printable } from "@/lib/printable";

const SHOWN = 12;

/** What a rerun keeps of the execution that it goes on with, and what it computes anew. */
export function RerunNote({ source, fromNodes, target }: { source: string; fromNodes: readonly string[]; target: Identifier | undefined }) {
  const isPlan = target?.resource_type === "LAUNCH_PLAN";
  const plan = useQuery({ ...launchPlanQuery(target ?? {}), enabled: isPlan });
  const workflowId = plan.data?.spec?.workflow_id;
  const workflow = useQuery({ ...workflowQuery(workflowId ?? {}), enabled: workflowId !== undefined });
  const { kept, partly, anew } = planOf(workflow.data?.closure?.compiled_workflow?.primary, fromNodes);
  const isStranger = partly.length + anew.length === 0;
  return (
    <section aria-label="What is kept" className="rounded-lg border border-line bg-ground-2 px-4 py-3 text-sm">
      <p>
        Goes on with what <span className="font-medium">{printable(source, 80)}</span> computed
        {fromNodes.length > 0 ? <>, from <span className="font-mono text-xs">{printable(fromNodes.join(", "), 300)}</span>: what lies before </> : ": what succeeded "}
        is kept where it would be given the same inputs, the rest is computed anew.
      </p>
      {workflow.data && fromNodes.length > 0 && (
        <dl className="mt-2 grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1 text-xs">
          <Names title="Kept" names={isStranger ? [] : kept} none={isStranger ? "what it has in common with that execution" : "nothing"} />
          {partly.length > 0 && <Names title="In part" names={partly} />}
          <Names title="Computed anew" names={anew} none={partly.length > 0 ? "nothing else" : "none of these nodes is in this version"} />
        </dl>
      )}
    </section>
  );
}

function Names({ title, names, none = "" }: { title: string; names: readonly string[]; none?: string }) {
  const more = names.length - SHOWN;
  return (
    <>
      <dt className="text-ink-2">{title}</dt>
      <dd className="min-w-0 break-words">
        {names.length === 0 ? <span className="text-ink-2">{none}</span> : names.slice(0, SHOWN).map((name) => printable(name, 60)).join(", ")}
        {more > 0 && ` and ${more} more`}
      </dd>
    </>
  );
}
