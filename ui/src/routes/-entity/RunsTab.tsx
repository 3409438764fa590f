import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { EntityKind } from "@/api/entity/queries";
import { executionsQuery } from "@/api/execution/queries";
import { ExecutionLines } from "@/components/execution/Lines";
import { Button } from "@/components/ui/Button";
import { Endless } from "@/components/ui/Endless";
import { Empty, Failure, Skeleton } from "@/components/ui/State";
import type { Place } from "@/idl";
import { ENTITY, runsOf } from "@/lib/entity";

const AT_ONCE = 50;

/** Its last executions; the list of all of them filters them further. */
export function RunsTab({ kind, place, name }: { kind: EntityKind; place: Place; name: string }) {
  const query = useInfiniteQuery(executionsQuery({ ...place, ...runsOf(kind, name), with_children: true }, AT_ONCE));
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton />;
  const executions = query.data.pages.flatMap((page) => page.executions ?? []);
  if (executions.length === 0) {
    return (
      <Empty title={`This ${ENTITY[kind].one} has not been launched${kind === "TASK" ? " by itself" : ""} yet`}>
        {kind === "TASK" && "Where it runs as a part of a workflow, that workflow's runs show it."}
      </Empty>
    );
  }
  const filters = kind === "WORKFLOW" ? { workflow: name } : kind === "TASK" ? { task: name } : { plan: name };
  return (
    <>
      <div className="flex justify-end px-3 py-2">
        <Button asChild size="small">
          <Link to="/executions" search={{ ...place, ...filters, children: true }}>
            Open in the list of executions
          </Link>
        </Button>
      </div>
      <ExecutionLines executions={executions} />
      <Endless hasMore={query.hasNextPage} isReading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
    </>
  );
}
