import type { ExecutionSearch } from "@/api/execution/queries";
import { columnsOf } from "@/compare/columnKey";
import type { ExecutionPhase } from "@/idl";
import { EXECUTION_PHASES } from "./phase";
import { flag, oneOf, text, texts } from "./search";

export const WITHIN = ["1h", "24h", "7d", "30d"] as const;
export const ORDERS = ["-created_at", "created_at", "-duration", "duration"] as const;

/** The filters of the executions list as they stand in the address. */
export interface ExecutionFilters {
  phases?: ExecutionPhase[];
  users?: string[];
  workflow?: string;
  version?: string;
  task?: string;
  plan?: string;
  text?: string;
  within?: (typeof WITHIN)[number];
  /** ISO instants; `within` wins. */
  since?: string;
  until?: string;
  /** Seconds. */
  min?: number;
  max?: number;
  labels?: string[];
  archived?: true;
  children?: true;
  order?: (typeof ORDERS)[number];
  /** Keys of columns of values; they restrict nothing. */
  columns?: string[];
  /** The column by which what is loaded is sorted, `-` before it: the highest first. */
  by?: string;
}

const SPANS_S: Record<(typeof WITHIN)[number], number> = { "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 };

export function readFilters(search: Record<string, unknown>): ExecutionFilters {
  return {
    phases: texts(search.phases)?.filter((each): each is ExecutionPhase => (EXECUTION_PHASES as readonly string[]).includes(each) || /^(SUCCEED|FAIL|ABORT)ING$/.test(each)),
    users: texts(search.users),
    workflow: text(search.workflow),
    version: text(search.version),
    task: text(search.task),
    plan: text(search.plan),
    text: text(search.text),
    within: oneOf(search.within, WITHIN),
    since: instant(search.since),
    until: instant(search.until),
    min: span(search.min),
    max: span(search.max),
    labels: texts(search.labels),
    archived: flag(search.archived),
    children: flag(search.children),
    order: oneOf(search.order, ORDERS),
    columns: keys(search.columns),
    by: keys(search.columns)?.flatMap((key) => [key, `-${key}`]).find((each) => each === search.by),
  };
}

/** What the server is asked for such filters. */
export function toSearch(filters: ExecutionFilters, project: string, domain: string): ExecutionSearch {
  const { phases, users, workflow, version, task, plan, text: name, within, since, until, min, max, labels, archived, children, order } = filters;
  return {
    project,
    domain,
    phases,
    users,
    workflow,
    version,
    task,
    launch_plan: plan,
    text: name,
    within_s: within && SPANS_S[within],
    created_after: within ? undefined : since,
    created_before: until,
    min_duration_us: min === undefined ? undefined : Math.round(min * 1e6),
    max_duration_us: max === undefined ? undefined : Math.round(max * 1e6),
    labels,
    archived,
    with_children: children,
    order,
  };
}

/** How many filters are set; the order and the columns are none. */
export function filterCount({ order: _order, columns: _columns, by: _by, ...filters }: ExecutionFilters): number {
  return Object.values(filters).filter((each) => each !== undefined).length;
}

function keys(value: unknown): string[] | undefined {
  const found = columnsOf(texts(value) ?? []).map(({ key }) => key);
  return found.length ? found : undefined;
}

function instant(value: unknown): string | undefined {
  const found = text(value);
  return found && !Number.isNaN(Date.parse(found)) ? new Date(found).toISOString() : undefined;
}

function span(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** A label as the filter of labels says it. */
export function labelText(key: string, value: string): string {
  return value ? `${key}=${value}` : key;
}
