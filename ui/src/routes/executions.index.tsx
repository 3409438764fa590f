import { useInfiniteQuery, useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";
import { forgetView, reportView } from "@/api/execution/pages";
import { executionsQuery } from "@/api/execution/queries";
import { overviewQuery } from "@/api/overview/queries";
import { AskingContext } from "@/components/execution/asking";
import { ColumnMenu } from "@/components/execution/ColumnMenu";
import { FilterBar } from "@/components/execution/FilterBar";
import { SortNote } from "@/components/execution/SortNote";
import { ExecutionTable } from "@/components/execution/Table";
import type { ValueSort } from "@/components/execution/ValueCells";
import { Views } from "@/components/execution/Views";
import { Page } from "@/components/ui/Page";
import { Empty, Skeleton, QueryFailure } from "@/components/ui/State";
import { filterCount, readFilters, toSearch, type ExecutionFilters } from "@/lib/executionSearch";
import type { Execution } from "@/idl";
import { idText } from "@/lib/id";
import { useMe } from "@/lib/me";
import { usePlace } from "@/lib/usePlace";
import { count } from "@/lib/size";
import { useChosen } from "./-executions/useChosen";
import { MOST_SORTED, useKnownColumns, useValues } from "./-executions/useValues";
import { useAsking } from "./-gates/useAsking";

export const Route = createFileRoute("/executions/")({ validateSearch: readFilters, component: Executions });

function Executions() {
  const filters = Route.useSearch();
  const { project, domain } = usePlace();
  const navigate = useNavigate({ from: "/executions/" });
  const client = useQueryClient();
  const mine = useMe();
  const { data: overview } = useQuery(overviewQuery());
  const query = executionsQuery(toSearch(filters, project, domain));
  const list = useInfiniteQuery(query);
  const executions = useMemo(() => distinct(list.data?.pages.flatMap((page) => page.executions ?? []) ?? []), [list.data]);
  const key = JSON.stringify(query.queryKey);
  useEffect(() => () => forgetView(JSON.parse(key) as QueryKey), [key]);
  const sort = isOneProgram(filters) && executions.length <= MOST_SORTED ? sortOf(filters.by) : undefined;
  const values = useValues(executions, filters.columns ?? [], sort);
  const known = useKnownColumns(executions);
  const isSorted = sort !== undefined;
  const { onSeen: onValuesSeen } = values;
  const onSeen = useCallback(
    (first: number, last: number) => {
      // Sorted, rows of any page are in view.
      reportView(client, JSON.parse(key) as QueryKey, isSorted ? 0 : first, isSorted ? MOST_SORTED : last);
      onValuesSeen(first, last);
    },
    [client, key, isSorted, onValuesSeen],
  );
  const place = useMemo(() => ({ project, domain }), [project, domain]);
  const { asking } = useAsking(place);
  const ownFilters = useMemo(() => filtersOf(filters), [filters]);
  const { chosen, choose, bar } = useChosen(executions);

  const change = (to: Partial<ExecutionFilters>) => void navigate({ search: (old) => ({ ...old, ...to }), replace: true });
  const open = (to: ExecutionFilters) => void navigate({ search: { project, domain, ...to } });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const canLoadSorted = hasNextPage && executions.length < MOST_SORTED;

  const first = list.data?.pages[0];
  const total = Number(first?.total ?? 0);
  return (
    <Page
      title="Executions"
      heading={
        <h1 className="text-base font-semibold">
          Executions{" "}
          {first && (
            <span className="ml-1 text-sm font-normal text-ink-2" data-total={total}>
              {first.is_total_exact ? count(total) : `more than ${count(total)}`}
            </span>
          )}
        </h1>
      }
      actions={<Views filters={filtersOf(filters)} onOpen={open} />}
    >
      <FilterBar filters={filtersOf(filters)} onChange={change} onClear={() => open({ columns: filters.columns })} users={(overview?.people ?? []).flatMap(({ user }) => user || [])} mine={mine}
        extra={(executions.length > 0 || filters.columns) && <ColumnMenu {...known} chosen={filters.columns ?? []} onChange={(chosen) => change({ columns: chosen.length ? chosen : undefined })} />} />
      {bar}
      <QueryFailure query={list} />
      <QueryFailure query={values.failure} />
      {sort && (
        <SortNote
          label={values.looks[values.columns.findIndex((each) => each.key === sort.key)]?.label ?? ""}
          isDown={sort.isDown}
          loaded={executions.length}
          total={first?.is_total_exact ? total : -1}
          onMore={canLoadSorted ? onEnd : undefined}
          isLoading={isFetchingNextPage}
          isSorted={values.areKnown}
          onBack={() => change({ by: undefined })}
        />
      )}
      {list.isPending && <Skeleton lines={12} />}
      {list.data && executions.length === 0 && (
        <Empty title={filterCount(filtersOf(filters)) ? "No execution is like that" : `Nothing has run in ${project} / ${domain} yet`}>
          {filterCount(filtersOf(filters)) ? "Take a filter away, or look in another project." : "Launch a workflow from its page, or by `alula launch`."}
        </Empty>
      )}
      {executions.length > 0 && (
        <AskingContext value={asking}>
          <ExecutionTable
            executions={values.rows}
            total={first?.is_total_exact ? total : -1}
            chosen={chosen}
            onChoose={choose}
            filters={ownFilters}
            order={filters.order}
            onOrder={(order) => change({ order: order === "-created_at" ? undefined : order, by: undefined })}
            values={{
              columns: values.columns,
              looks: values.looks,
              sort,
              onSort: isOneProgram(filters) && executions.length <= MOST_SORTED ? (by) => change({ by: by && `${by.isDown ? "-" : ""}${by.key}` }) : undefined,
              onRemove: (removed) => change({ columns: without(filters.columns, removed) }),
            }}
            valuesOf={values.of}
            onEnd={isSorted ? undefined : onEnd}
            onSeen={onSeen}
          />
        </AskingContext>
      )}
    </Page>
  );
}

/** One that moved from page to page while they were read stands in both. */
function distinct(executions: readonly Execution[]): Execution[] {
  return [...new Map(executions.map((each) => [idText(each.id), each])).values()];
}

/** Of one workflow, task or launch plan a column is of one thing. */
function isOneProgram({ workflow, task, plan }: ExecutionFilters): boolean {
  return Boolean(workflow ?? task ?? plan);
}

function sortOf(by: string | undefined): ValueSort | undefined {
  return by === undefined ? undefined : { key: by.replace(/^-/, ""), isDown: by.startsWith("-") };
}

function without(columns: readonly string[] | undefined, removed: string): string[] | undefined {
  const left = (columns ?? []).filter((each) => each !== removed);
  return left.length ? left : undefined;
}

/** The address also holds the place; filters are what is left. */
function filtersOf(search: ExecutionFilters & { project?: string; domain?: string }): ExecutionFilters {
  const { project: _project, domain: _domain, ...filters } = search;
  return filters;
}
