import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Overview } from "@/idl";
import { addressFor } from "@/lib/command";
import { overviewKeys } from "./keys";

/** Projects and domains with what runs in them and how the last 24 hours went. */
export function overviewQuery() {
  return queryOptions({
    queryKey: overviewKeys.all,
    queryFn: ({ signal }) => get<Overview>(["api/alula/v1/overview"], {}, signal),
  });
}

/** What commands and programs are told to reach this server; empty: nothing. */
export function serverQuery() {
  return { ...overviewQuery(), select: ({ grpc = "" }: Overview) => addressFor(grpc, location.hostname) };
}
