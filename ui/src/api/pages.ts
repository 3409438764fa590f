import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

export interface Page {
  /** Of the next page. */
  token?: string;
}

/** A kind of list that comes page by page. */
export interface Listing<P extends Page, R> {
  rowsOf: (page: P) => readonly R[];
  withRows: (page: P, rows: R[]) => P;
  /** What tells rows apart. */
  nameOf: (row: R) => string;
  /** A page of the list with that key. */
  read: (key: QueryKey, token: string) => Promise<P>;
}

type Pages<P> = InfiniteData<P, string>;

/** Lists of no more pages are read again whole. */
const FEW = 2;
const STILL_MS = 50;

interface View {
  from: number;
  to: number;
  renew: (withFirst: boolean) => Promise<void>;
  /** Pages that were not read since something changed. */
  stale: Set<number>;
}

const views = new Map<string, View>();

function textOf(key: QueryKey): string {
  return JSON.stringify(key);
}

/** Which rows of a list are in view, from one to another; those that changed while they were not are read again. */
export function reportView<P extends Page, R>(client: QueryClient, listing: Listing<P, R>, key: QueryKey, first: number, last: number): void {
  const pages = client.getQueryData<Pages<P>>(key)?.pages ?? [];
  const [from, to] = [pageOf(listing, pages, first), pageOf(listing, pages, last)];
  const stale = views.get(textOf(key))?.stale ?? new Set<number>();
  views.set(textOf(key), { from, to, stale, renew: (withFirst) => renewPages(client, listing, key, withFirst) });
  if ([...stale].some((at) => at >= from && at <= to)) void renewPages(client, listing, key, false);
}

export function forgetView(key: QueryKey): void {
  views.delete(textOf(key));
}

/** Reads what is shown again of the lists whose keys begin so: short ones whole, of long ones what is in view and the first page, which counts them. */
export async function renewLists(client: QueryClient, keys: QueryKey): Promise<void> {
  const lengthOf = (key: QueryKey) => client.getQueryData<Pages<Page>>(key)?.pages.length ?? 0;
  const isLong = (key: QueryKey) => views.has(textOf(key)) && lengthOf(key) > FEW;
  const long = client.getQueryCache().findAll({ queryKey: keys, type: "active" }).filter(({ queryKey }) => isLong(queryKey));
  await Promise.all([
    client.invalidateQueries({ queryKey: keys, predicate: ({ queryKey }) => !isLong(queryKey) }),
    ...long.map(({ queryKey }) => {
      const view = views.get(textOf(queryKey));
      for (let at = 0; at < lengthOf(queryKey); at++) view?.stale.add(at);
      return view?.renew(true);
    }),
  ]);
}

async function renewPages<P extends Page, R>(client: QueryClient, listing: Listing<P, R>, key: QueryKey, withFirst: boolean): Promise<void> {
  // While another page comes, the list is another's: what is put in would be lost, or would cut that short.
  await isStill(client, key);
  const view = views.get(textOf(key));
  const data = client.getQueryData<Pages<P>>(key);
  if (!view || !data) return;
  const wanted = [...view.stale].filter((at) => at < data.pages.length && ((withFirst && at === 0) || (at >= view.from && at <= view.to))).sort((a, b) => a - b);
  for (const at of wanted) view.stale.delete(at);
  const read = await Promise.all(wanted.map(async (at) => [at, await listing.read(key, data.pageParams[at] ?? "").catch(() => undefined)] as const));
  await isStill(client, key);
  const now = client.getQueryData<Pages<P>>(key);
  // Read again whole meanwhile, or more of it: what was read is of other places.
  if (now?.pageParams.slice(0, data.pageParams.length).join("|") !== data.pageParams.join("|")) return;
  // What could not be read is asked for again when it is looked at, or when more changes.
  for (const [at, page] of read) if (!page) view.stale.add(at);
  const pages = withPages(listing, now.pages, read);
  if (pages) client.setQueryData<Pages<P>>(key, { pages, pageParams: now.pageParams.slice(0, pages.length) });
  else await client.invalidateQueries({ queryKey: key, exact: true });
}

async function isStill(client: QueryClient, key: QueryKey): Promise<void> {
  const query = client.getQueryCache().find({ queryKey: key, exact: true });
  while (query?.state.fetchStatus === "fetching") await new Promise((resolve) => setTimeout(resolve, STILL_MS));
}

/** Pages with some of them as they are now, by their places in ascending order; undefined: that cannot be told. */
export function withPages<P extends Page, R>(listing: Listing<P, R>, pages: readonly P[], read: readonly (readonly [number, P | undefined])[]): P[] | undefined {
  let made: P[] | undefined = [...pages];
  // The list may end before a page that was read by its old place.
  for (const [at, page] of read) if (page && made && at < made.length) made = withPage(listing, made, at, page);
  return made;
}

/** Pages with one of them as it is now, neither rows twice nor a gap to the next; undefined: that cannot be told. */
export function withPage<P extends Page, R>({ rowsOf, withRows, nameOf }: Listing<P, R>, pages: readonly P[], at: number, page: P): P[] | undefined {
  const old = pages[at];
  const before = old ? rowsOf(old) : [];
  const rows = rowsOf(page);
  // It ends here by now: what was behind it has gone.
  if (!page.token) return [...pages.slice(0, at), page];
  const following = pages[at + 1];
  const next = following && rowsOf(following)[0];
  const end = next ? rows.findIndex((row) => nameOf(row) === nameOf(next)) : rows.length;
  const token = following ? old?.token : page.token;
  if (end >= 0) return pages.with(at, { ...withRows(page, rows.slice(0, end)), token });
  const last = rows.at(-1);
  const known = last ? before.findIndex((row) => nameOf(row) === nameOf(last)) : -1;
  // Others came in before them: those that were pushed out of the page stay in it.
  return known < 0 ? undefined : pages.with(at, { ...withRows(page, [...rows, ...before.slice(known + 1)]), token });
}

function pageOf<P extends Page, R>({ rowsOf }: Listing<P, R>, pages: readonly P[], row: number): number {
  let left = row;
  for (const [at, page] of pages.entries()) {
    const { length } = rowsOf(page);
    if (left < length) return at;
    left -= length;
  }
  return Math.max(0, pages.length - 1);
}
