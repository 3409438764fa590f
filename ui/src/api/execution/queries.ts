import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { Alula, Execution, ExecutionId, ExecutionPage, ExecutionPhase, LiteralMap } from "@/idl";
import { idPath } from "@/lib/id";
import { executionKeys } from "./keys";
import type { Launch } from "./mutations";

/** What a list of executions is restricted to; what is left out does not filter. Instants are ISO texts. */
export interface ExecutionSearch {
  project?: string;
  domain?: string;
  phases?: readonly ExecutionPhase[];
  users?: readonly string[];
  workflow?: string;
  version?: string;
  task?: string;
  launch_plan?: string;
  text?: string;
  created_after?: string;
  created_before?: string;
  /** Created in the last so many seconds, counted from when it is asked; wins over `created_after`. */
  within_s?: number;
  min_duration_us?: number;
  max_duration_us?: number;
  labels?: readonly string[];
  archived?: boolean;
  with_children?: boolean;
  order?: "-created_at" | "created_at" | "-duration" | "duration";
}

const PAGE = 100;

/** Executions page by page, newest first unless `order` says otherwise. */
export function executionsQuery(search: ExecutionSearch, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: executionKeys.list({ search, limit }),
    queryFn: ({ pageParam, signal }) => readExecutions(search, limit, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.token || undefined,
    placeholderData: keepPreviousData,
  });
}

export function readExecutions(search: ExecutionSearch, limit: number, token: string, signal?: AbortSignal): Promise<ExecutionPage> {
  return get<ExecutionPage>(["api/alula/v1/executions"], { ...resolved(search), limit, token, count: token === "" }, signal);
}

function resolved({ within_s, ...search }: ExecutionSearch): Omit<ExecutionSearch, "within_s"> {
  return within_s === undefined ? search : { ...search, created_after: new Date(Date.now() - within_s * 1000).toISOString() };
}

export function executionQuery(id: ExecutionId) {
  return queryOptions({
    queryKey: executionKeys.one(id),
    queryFn: ({ signal }) => get<Execution>(["api/v1/executions", ...idPath(id)], {}, signal),
  });
}

export interface ExecutionData {
  full_inputs?: LiteralMap;
  full_outputs?: LiteralMap;
}

/** Its inputs and outputs; `at` says at which stage: outputs are there once it has succeeded. */
export function executionDataQuery(id: ExecutionId, at?: unknown) {
  return queryOptions({
    queryKey: [...executionKeys.data(id), at] as const,
    queryFn: ({ signal }) => get<ExecutionData>(["api/v1/data/executions", ...idPath(id)], {}, signal),
  });
}

/** What a launch would be refused for; nothing is launched. */
export function checkQuery(launch: Launch) {
  return queryOptions({
    queryKey: ["check", JSON.stringify(launch)],
    queryFn: () => post<Alula<"CheckLaunchResponse">>(["api/alula/v1/check"], launch).then((answer) => answer.problems ?? []),
    staleTime: 5_000,
    gcTime: 10_000,
  });
}
