import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { entityQuery, launchPlanQuery, plansQuery, taskQuery, versionsQuery, workflowQuery, type EntityKind } from "@/api/entity/queries";
import type { Identifier, Place, Variable } from "@/idl";
import { inputsOf, type Input } from "@/literal";

export type LaunchKind = "workflow" | "task" | "launch-plan";

export interface Wanted extends Place {
  kind: LaunchKind;
  name: string;
  version?: string;
  plan?: string;
}

const KINDS: Record<LaunchKind, EntityKind> = { workflow: "WORKFLOW", task: "TASK", "launch-plan": "LAUNCH_PLAN" };

/** What a launch starts, as far as it is read. */
export interface Target {
  /** Of the launch plan or task; undefined until the version is known. */
  id?: Identifier;
  inputs?: readonly Input[];
  description: string;
  version: string;
  activeVersion: string;
  versions: ReturnType<typeof useVersions>;
  /** Names of the launch plans of this version of the workflow. */
  plans: readonly string[];
  error: unknown;
  retry: () => void;
}

export function useTarget(wanted: Wanted): Target {
  const { kind, project, domain, name } = wanted;
  const versions = useVersions(kind, wanted);
  const entity = useQuery(entityQuery(KINDS[kind], { project, domain, name }));
  const activeVersion = entity.data?.active_version ?? "";
  const isKnown = wanted.version !== undefined || (versions.isSuccess && !entity.isPending);
  const version = wanted.version ?? (isKnown ? activeVersion || (versions.list[0]?.id?.version ?? "") : "");
  const own: Identifier = { resource_type: KINDS[kind], project, domain, name, version };
  const plans = useQuery({ ...plansQuery(own), enabled: kind === "workflow" && version !== "" });
  const plan = plans.data?.find((each) => each.id?.name === wanted.plan)?.id;
  const planId: Identifier = { ...own, resource_type: "LAUNCH_PLAN", ...(wanted.plan === undefined ? {} : { name: wanted.plan, ...(plan ? { version: plan.version } : {}) }) };
  const isPlanKnown = wanted.plan === undefined || !plans.isPending;
  const launchPlan = useQuery({ ...launchPlanQuery(planId), enabled: kind !== "task" && version !== "" && isPlanKnown });
  const task = useQuery({ ...taskQuery(own), enabled: kind === "task" && version !== "" });
  // What is fixed is no parameter of the plan: only the workflow says its type.
  const fixed = launchPlan.data?.spec?.fixed_inputs?.literals ?? NOTHING;
  const needsWorkflow = Object.keys(fixed).length > 0;
  const workflow = useQuery({ ...workflowQuery(launchPlan.data?.spec?.workflow_id ?? NOTHING), enabled: needsWorkflow });
  const variables = workflow.data?.closure?.compiled_workflow?.primary?.template?.interface?.inputs?.variables;
  const inputs = useMemo(() => {
    if (kind === "task") return task.data && taskInputs(task.data.closure?.compiled_task?.template?.interface?.inputs?.variables ?? {});
    const closure = launchPlan.data?.closure;
    if (!closure || (needsWorkflow && !variables)) return undefined;
    return inputsOf(closure.expected_inputs?.parameters ?? {}, fixed, variables ?? NOTHING);
  }, [kind, task.data, launchPlan.data, needsWorkflow, fixed, variables]);
  const main = kind === "task" ? task : launchPlan.error ? launchPlan : workflow.error ? workflow : launchPlan;
  return {
    id: version === "" ? undefined : kind === "task" ? own : planId,
    inputs,
    description: entity.data?.short_description ?? "",
    version,
    activeVersion,
    versions,
    plans: [...new Set((plans.data ?? []).map((each) => each.id?.name ?? ""))].filter((each) => each !== name).sort(),
    error: versions.error ?? main.error,
    retry: () => void (versions.error ? versions.refetch() : main.refetch()),
  };
}

function useVersions(kind: LaunchKind, { project, domain, name }: Wanted) {
  const query = useInfiniteQuery(versionsQuery({ resource_type: KINDS[kind], project, domain, name }, 100));
  const list = useMemo(() => query.data?.pages.flatMap((page) => page.versions ?? []) ?? [], [query.data]);
  return { ...query, list };
}

/** A task has no launch plan that could hold defaults, so each input is required. */
function taskInputs(variables: Readonly<Record<string, Variable>>): Input[] {
  return inputsOf(Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, { var: variable, required: true }])), NOTHING, variables);
}

const NOTHING = {};
