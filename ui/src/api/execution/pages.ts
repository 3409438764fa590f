import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";
import type { Execution, ExecutionPage } from "@/idl";
import { idText } from "@/lib/id";
import { executionKeys } from "./keys";
import { readExecutions, type ExecutionSearch } from "./queries";

type Pages = InfiniteData<ExecutionPage, string>;

/** Lists of no more pages are read again whole. */
const FEW = 2;
const STILL_MS = 50;

interface View {
  from: number;
  to: number;
  /** Pages that were not read since something changed. */
  stale: Set<number>;
}

const views = new Map<string, View>();

function nameOf(key: QueryKey): string {
  return JSON.stringify(key);
}

/** Which rows of a list are in view, from one to another; those that changed while they were not are read again. */
export function reportView(client: QueryClient, key: QueryKey, first: number, last: number): void {
  const pages = client.getQueryData<Pages>(key)?.pages ?? [];
  const [from, to] = [pageOf(pages, first), pageOf(pages, last)];
  const view = views.get(nameOf(key)) ?? { from, to, stale: new Set<number>() };
  views.set(nameOf(key), { from, to, stale: view.stale });
  if ([...view.stale].some((at) => at >= from && at <= to)) void renewPages(client, key, false);
}

export function forgetView(key: QueryKey): void {
  views.delete(nameOf(key));
}

/** Reads the lists of executions again that are shown: short ones whole, of long ones what is in view and the first page, which counts them. */
export async function renewExecutions(client: QueryClient): Promise<void> {
  const isLong = (key: QueryKey) => views.has(nameOf(key)) && (client.getQueryData<Pages>(key)?.pages.length ?? 0) > FEW;
  const long = client.getQueryCache().findAll({ queryKey: executionKeys.lists, type: "active" }).filter(({ queryKey }) => isLong(queryKey));
  await Promise.all([
    client.invalidateQueries({ queryKey: executionKeys.lists, predicate: ({ queryKey }) => !isLong(queryKey) }),
    ...long.map(({ queryKey }) => {
      const view = views.get(nameOf(queryKey));
      client.getQueryData<Pages>(queryKey)?.pages.forEach((_, at) => view?.stale.add(at));
      return renewPages(client, queryKey, true);
    }),
  ]);
}

async function renewPages(client: QueryClient, key: QueryKey, withFirst: boolean): Promise<void> {
  // While another page comes, the list is another's: what is put in would be lost, or would cut that short.
  await isStill(client, key);
  const view = views.get(nameOf(key));
  const data = client.getQueryData<Pages>(key);
  if (!view || !data) return;
  const wanted = [...view.stale].filter((at) => at < data.pages.length && ((withFirst && at === 0) || (at >= view.from && at <= view.to))).sort((a, b) => a - b);
  for (const at of wanted) view.stale.delete(at);
  const { search, limit } = key[1] as { search: ExecutionSearch; limit: number };
  const read = await Promise.all(wanted.map(async (at) => [at, await readExecutions(search, limit, data.pageParams[at] ?? "").catch(() => undefined)] as const));
  await isStill(client, key);
  const now = client.getQueryData<Pages>(key);
  // Read again whole meanwhile, or more of it: what was read is of other places.
  if (now?.pageParams.slice(0, data.pageParams.length).join("|") !== data.pageParams.join("|")) return;
  // What could not be read is asked for again when it is looked at, or when more changes.
  for (const [at, page] of read) if (!page) view.stale.add(at);
  const pages = withPages(now.pages, read);
  if (pages) client.setQueryData<Pages>(key, { pages, pageParams: now.pageParams.slice(0, pages.length) });
  else await client.invalidateQueries({ queryKey: key, exact: true });
}

async function isStill(client: QueryClient, key: QueryKey): Promise<void> {
  const query = client.getQueryCache().find({ queryKey: key, exact: true });
  while (query?.state.fetchStatus === "fetching") await new Promise((resolve) => setTimeout(resolve, STILL_MS));
}

/** Pages with some of them as they are now, by their places in ascending order; undefined: that cannot be told. */
export function withPages(pages: readonly ExecutionPage[], read: readonly (readonly [number, ExecutionPage | undefined])[]): ExecutionPage[] | undefined {
  let made: ExecutionPage[] | undefined = [...pages];
  // The list may end before a page that was read by its old place.
  for (const [at, page] of read) if (page && made && at < made.length) made = withPage(made, at, page);
  return made;
}

/** Pages with one of them as it is now, neither rows twice nor a gap to the next; undefined: that cannot be told. */
export function withPage(pages: readonly ExecutionPage[], at: number, page: ExecutionPage): ExecutionPage[] | undefined {
  const before = pages[at]?.executions ?? [];
  const rows = page.executions ?? [];
  // It ends here by now: what was behind it has gone.
  if (!page.token) return [...pages.slice(0, at), page];
  const next = pages[at + 1]?.executions?.[0];
  const end = next ? rows.findIndex((row) => isSame(row, next)) : rows.length;
  const token = pages[at + 1] ? pages[at]?.token : page.token;
  if (end >= 0) return pages.with(at, { ...page, token, executions: rows.slice(0, end) });
  const last = rows.at(-1);
  const known = last ? before.findIndex((row) => isSame(row, last)) : -1;
  // Others came in before them: those that were pushed out of the page stay in it.
  return known < 0 ? undefined : pages.with(at, { ...page, token, executions: [...rows, ...before.slice(known + 1)] });
}

function isSame(one: Execution, other: Execution): boolean {
  return idText(one.id) === idText(other.id);
}

function pageOf(pages: readonly ExecutionPage[], row: number): number {
  let left = row;
  for (const [at, { executions = [] }] of pages.entries()) {
    if (left < executions.length) return at;
    left -= executions.length;
  }
  return Math.max(0, pages.length - 1);
}
