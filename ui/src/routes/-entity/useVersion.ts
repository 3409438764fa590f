import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { launchPlanQuery, taskQuery, workflowQuery, type EntityKind } from "@/api/entity/queries";
import type { CompiledWorkflowClosure, Identifier, LaunchPlan, TaskTemplate, TypedInterface, Workflow } from "@/idl";
import { inputsOf, type Input } from "@/literal";

/** A version with everything that its page and a comparison say of it. */
export interface Loaded {
  id: Identifier;
  interface?: TypedInterface;
  /** With their defaults, where a launch plan says them. */
  inputs?: readonly Input[];
  closure?: CompiledWorkflowClosure;
  tasks: readonly TaskTemplate[];
  plan?: LaunchPlan;
}

const NO_ID: Identifier = {};

/** Reads a version of any kind; of a launch plan also the workflow that it runs. */
export function useVersion(kind: EntityKind, id: Identifier | undefined): { data?: Loaded; error: unknown; retry: () => void } {
  const own = id ?? NO_ID;
  const task = useQuery({ ...taskQuery(own), enabled: id !== undefined && kind === "TASK" });
  // A workflow's defaults are those of its own launch plan; one that has none is shown without.
  const planQuery = useQuery({ ...launchPlanQuery(own), enabled: id !== undefined && kind !== "TASK" });
  const workflowId = kind === "WORKFLOW" ? id : kind === "LAUNCH_PLAN" ? planQuery.data?.spec?.workflow_id : undefined;
  const workflow = useQuery({ ...workflowQuery(workflowId ?? NO_ID), enabled: workflowId !== undefined });
  const data = useMemo(() => {
    if (!id) return undefined;
    if (kind === "TASK") {
      const template = task.data?.closure?.compiled_task?.template;
      return template && { id, interface: template.interface, tasks: [template] };
    }
    return workflow.data && !planQuery.isPending ? ofWorkflow(id, workflow.data, planQuery.data) : undefined;
  }, [kind, id, task.data, planQuery.data, planQuery.isPending, workflow.data]);
  const failed = ([task, ...(kind === "LAUNCH_PLAN" ? [planQuery] : []), workflow] as UseQueryResult[]).find((query) => query.isError);
  return { data, error: failed?.error ?? undefined, retry: () => void failed?.refetch() };
}

function ofWorkflow(id: Identifier, workflow: Workflow, plan: LaunchPlan | undefined): Loaded {
  const closure = workflow.closure?.compiled_workflow;
  const signature = closure?.primary?.template?.interface;
  return {
    id,
    interface: signature,
    inputs: plan && inputsOf(plan.closure?.expected_inputs?.parameters ?? {}, plan.spec?.fixed_inputs?.literals ?? {}, signature?.inputs?.variables ?? {}),
    closure,
    tasks: (closure?.tasks ?? []).flatMap((task) => (task.template ? [task.template] : [])),
    plan,
  };
}
