import { useInfiniteQuery, type UseQueryResult } from "@tanstack/react-query";
import { executionsQuery } from "@/api/execution/queries";
import { NodeRuns } from "@/components/entity/NodeRuns";
import { ExecutionLines } from "@/components/execution/Lines";
import { Endless } from "@/components/ui/Endless";
import { Section } from "@/components/ui/Page";
import { Failure, None, Skeleton, QueryFailure } from "@/components/ui/State";
import type { Entity, Execution, Place } from "@/idl";
import { runsOf } from "@/lib/entity";
import { OpenInList } from "./RunsTab";

const AT_ONCE = 50;

/** A task's last runs within executions, and what was launched of it by itself. */
export function TaskRuns({ place, name, entity }: { place: Place; name: string; entity: UseQueryResult<Entity> }) {
  const query = useInfiniteQuery(executionsQuery({ ...place, ...runsOf("TASK", name), with_children: true }, AT_ONCE));
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton />;
  const executions = query.data.pages.flatMap((page) => page.executions ?? []);
  return (
    <div className="mx-auto flex w-full max-w-6xl flex-col gap-4 p-4">
      <Within entity={entity} place={place} own={executions} />
      <Section title="Launched by itself" extra={executions.length > 0 && <OpenInList kind="TASK" place={place} name={name} />}>
        {executions.length === 0 ? <None>This task has not been launched by itself yet.</None> : <ExecutionLines executions={executions} />}
        <Endless hasMore={query.hasNextPage} isReading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
      </Section>
    </div>
  );
}

/** What the lists show as bars, without the task's own executions, which are one node each. */
function Within({ entity, place, own }: { entity: UseQueryResult<Entity>; place: Place; own: readonly Execution[] }) {
  const owned = new Set(own.map((each) => each.id?.name));
  const runs = entity.data?.runs?.filter((run) => run.node_id && !owned.has(run.name)) ?? [];
  return (
    <Section title="Last runs within executions">
      <QueryFailure query={entity} />
      {entity.isPending && <Skeleton lines={2} />}
      {entity.data && (runs.length === 0 ? <None>It has not run within an execution lately.</None> : <NodeRuns runs={runs} place={place} />)}
    </Section>
  );
}
