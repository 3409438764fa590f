import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { reportView as report, type Listing } from "@/api/pages";
import type { Execution, ExecutionPage } from "@/idl";
import { idText } from "@/lib/id";
import { readExecutions, type ExecutionSearch } from "./queries";

export { forgetView } from "@/api/pages";

export const EXECUTIONS: Listing<ExecutionPage, Execution> = {
  rowsOf: ({ executions = [] }) => executions,
  withRows: (page, executions) => ({ ...page, executions }),
  nameOf: ({ id }) => idText(id),
  read: (key, token) => {
    const { search, limit } = key[1] as { search: ExecutionSearch; limit: number };
    return readExecutions(search, limit, token);
  },
};

/** Which rows of a list of executions are in view. */
export function reportView(client: QueryClient, key: QueryKey, first: number, last: number): void {
  report(client, EXECUTIONS, key, first, last);
}
