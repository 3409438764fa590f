import { useInfiniteQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { EntityKind } from "@/api/entity/queries";
import { executionsQuery } from "@/api/execution/queries";
import { NodeRuns } from "@/components/entity/NodeRuns";
import { ExecutionLines } from "@/components/execution/Lines";
import { Button } from "@/components/ui/Button";
import { Endless } from "@/components/ui/Endless";
import { Section } from "@/components/ui/Page";
import { Empty, Failure, None, Skeleton, QueryFailure } from "@/components/ui/State";
import type { Entity, Execution, Place } from "@/idl";
import { ENTITY, listOf, runsOf } from "@/lib/entity";

const AT_ONCE = 50;

/** Its last executions, of a task also its runs within others; the list of all of them filters them further. */
export function RunsTab({ kind, place, name, entity }: { kind: EntityKind; place: Place; name: string; entity: UseQueryResult<Entity> }) {
  const query = useInfiniteQuery(executionsQuery({ ...place, ...runsOf(kind, name), with_children: true }, AT_ONCE));
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton />;
  const executions = query.data.pages.flatMap((page) => page.executions ?? []);
  const more = <Endless hasMore={query.hasNextPage} isReading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />;
  if (kind === "TASK") {
    return (
      <div className="mx-auto flex w-full max-w-6xl flex-col gap-4 p-4">
        <Within entity={entity} place={place} own={executions} />
        <Section title="Launched by itself" extra={executions.length > 0 && <Open kind={kind} place={place} name={name} />}>
          {executions.length === 0 ? <None>This task has not been launched by itself yet.</None> : <ExecutionLines executions={executions} />}
          {more}
        </Section>
      </div>
    );
  }
  if (executions.length === 0) return <Empty title={`This ${ENTITY[kind].one} has not been launched yet`} />;
  return (
    <>
      <div className="flex justify-end px-3 py-2">
        <Open kind={kind} place={place} name={name} />
      </div>
      <ExecutionLines executions={executions} />
      {more}
    </>
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

function Open({ kind, place, name }: { kind: EntityKind; place: Place; name: string }) {
  return (
    <Button asChild size="small">
      <Link to="/executions" search={{ ...place, ...listOf(kind, name) }}>
        Open in the list of executions
      </Link>
    </Button>
  );
}
