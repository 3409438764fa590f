import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { executionDataQuery, executionQuery } from "@/api/execution/queries";
import { Page } from "@/components/ui/Page";
import { Failure, Skeleton } from "@/components/ui/State";
import type { Start } from "@/graph/rerun";
import type { Execution, LiteralMap } from "@/idl";
import { idOf } from "@/lib/id";
import { printable } from "@/lib/printable";
import { usePlace } from "@/lib/usePlace";
import { Chooser } from "./Chooser";
import { LaunchForm } from "./LaunchForm";
import type { Wanted } from "./useTarget";

const route = getRouteApi("/launch");

/** The launch form: of what the address names, of an execution to be launched again, or a choice of what there is. */
export function LaunchPage() {
  const search = route.useSearch();
  const place = usePlace();
  const source = search.from === undefined ? undefined : idOf(search.from);
  if (source) return <Again source={source} />;
  if (search.name === undefined) {
    return (
      <Page title="Launch">
        <Chooser place={place} />
      </Page>
    );
  }
  const wanted = { ...place, kind: search.kind ?? "workflow", name: search.name, version: search.version, plan: search.plan } as const;
  return <LaunchForm key={`${wanted.kind} ${wanted.project}/${wanted.domain}/${wanted.name}`} wanted={wanted} />;
}

export interface Source {
  execution: Execution;
  inputs: NonNullable<LiteralMap["literals"]>;
  /** It goes on from there. */
  start: Start;
}

/** The same again, with changes. */
function Again({ source }: { source: NonNullable<ReturnType<typeof idOf>> }) {
  const search = route.useSearch();
  const execution = useQuery(executionQuery(source));
  const data = useQuery(executionDataQuery(source));
  const failed = [execution, data].find((query) => query.isError);
  if (failed) {
    return (
      <Page title="Launch again">
        <Failure error={failed.error} onRetry={() => void failed.refetch()} title={`${printable(source.name)} could not be read`} />
      </Page>
    );
  }
  if (!execution.data || !data.data) {
    return (
      <Page title="Launch again">
        <Skeleton />
      </Page>
    );
  }
  const was = wantedOf(execution.data, source);
  const wanted: Wanted = { ...was, ...(search.name === undefined ? {} : { name: search.name, kind: search.kind ?? was.kind }), version: search.version ?? was.version, plan: search.plan ?? was.plan };
  return <LaunchForm key={`${search.from} ${search.from_nodes?.join(" ")}`} wanted={wanted} source={{ execution: execution.data, inputs: data.data.full_inputs?.literals ?? {}, start: { from_nodes: search.from_nodes ?? [], keep_succeeded: search.keep_succeeded } }} />;
}

function wantedOf(execution: Execution, place: { project: string; domain: string }): Wanted {
  const launched = execution.spec?.launch_plan;
  const workflow = execution.closure?.workflow_id;
  const named = { project: place.project, domain: place.domain };
  if (launched?.resource_type === "TASK") return { ...named, kind: "task", name: launched.name ?? "", version: launched.version };
  if (!workflow?.name) return { ...named, kind: "launch-plan", name: launched?.name ?? "", version: launched?.version };
  return { ...named, kind: "workflow", name: workflow.name, version: workflow.version, plan: launched?.name === workflow.name ? undefined : launched?.name };
}
