import { useInfiniteQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";
import type { EntityKind } from "@/api/entity/queries";
import { forgetView, reportView } from "@/api/execution/pages";
import { executionsQuery } from "@/api/execution/queries";
import { AskingContext } from "@/components/execution/asking";
import { ExecutionTable, type TableProps } from "@/components/execution/Table";
import { Button } from "@/components/ui/Button";
import { Empty, Failure, QueryFailure, Skeleton } from "@/components/ui/State";
import type { Place } from "@/idl";
import { ENTITY, listOf, runsOf } from "@/lib/entity";
import type { ExecutionFilters } from "@/lib/executionSearch";
import { useAsking } from "../-gates/useAsking";
import { useChosen } from "../-executions/useChosen";

const AT_ONCE = 50;
const NO_VALUES: TableProps["values"] = { columns: [], looks: [], sort: undefined, onSort: undefined, onRemove: () => undefined };

/** What was launched of a workflow or launch plan, to choose from and compare; the list of all executions filters it further. */
export function RunsTab({ kind, place, name, order, onOrder }: {
  kind: EntityKind;
  place: Place;
  name: string;
  order: ExecutionFilters["order"];
  onOrder: (order: ExecutionFilters["order"]) => void;
}) {
  const client = useQueryClient();
  const options = executionsQuery({ ...place, ...runsOf(kind, name), with_children: true, order }, AT_ONCE);
  const query = useInfiniteQuery(options);
  const executions = useMemo(() => query.data?.pages.flatMap((page) => page.executions ?? []) ?? [], [query.data]);
  const filters = useMemo(() => listOf(kind, name), [kind, name]);
  const { asking } = useAsking(place);
  const { chosen, choose, bar } = useChosen(executions);
  const key = JSON.stringify(options.queryKey);
  useEffect(() => () => forgetView(JSON.parse(key) as QueryKey), [key]);
  const onSeen = useCallback((first: number, last: number) => reportView(client, JSON.parse(key) as QueryKey, first, last), [client, key]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton />;
  if (executions.length === 0) return <Empty title={`This ${ENTITY[kind].one} has not been launched yet`} />;
  const first = query.data.pages[0];
  return (
    <>
      {bar || (
        <div className="flex items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <p className="text-xs text-ink-2">Choose two or more to compare them</p>
          <OpenInList kind={kind} place={place} name={name} />
        </div>
      )}
      <QueryFailure query={query} />
      <AskingContext value={asking}>
        <ExecutionTable
          executions={executions}
          total={first?.is_total_exact ? Number(first.total ?? 0) : -1}
          chosen={chosen}
          onChoose={choose}
          filters={filters}
          isOfOne
          order={order}
          onOrder={(next) => onOrder(next === "-created_at" ? undefined : next)}
          values={NO_VALUES}
          valuesOf={() => undefined}
          onEnd={onEnd}
          onSeen={onSeen}
        />
      </AskingContext>
    </>
  );
}

export function OpenInList({ kind, place, name }: { kind: EntityKind; place: Place; name: string }) {
  return (
    <Button asChild size="small">
      <Link to="/executions" search={{ ...place, ...listOf(kind, name) }}>
        Open in the list of executions
      </Link>
    </Button>
  );
}
