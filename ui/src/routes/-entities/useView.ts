import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { forgetView, reportView, type Listing, type Page } from "@/api/pages";
import { useRowsInView } from "@/lib/useRowsInView";

/** What of a list is in view is what is read again when something changes: the element around its table. */
export function useView<P extends Page, R>(listing: Listing<P, R>, queryKey: QueryKey, count: number) {
  const client = useQueryClient();
  const table = useRef<HTMLDivElement>(null);
  const key = JSON.stringify(queryKey);
  useEffect(() => () => forgetView(JSON.parse(key) as QueryKey), [key]);
  const onSeen = useCallback((first: number, last: number) => reportView(client, listing, JSON.parse(key) as QueryKey, first, last), [client, listing, key]);
  useRowsInView(table, count, onSeen);
  return table;
}
