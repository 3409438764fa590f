import { ORDERS, type ExecutionFilters } from "@/lib/executionSearch";
import { oneOf, text } from "@/lib/search";

const TABS = ["versions", "graph", "interface", "code", "runs"] as const;

export interface EntityPageSearch {
  tab?: (typeof TABS)[number];
  /** The version that is looked at; none: the latest. */
  version?: string;
  /** The version it is compared with. */
  against?: string;
  /** The file of its code that is open; none: the one in which it is written. */
  file?: string;
  /** In which its runs stand; none: the newest first. */
  order?: ExecutionFilters["order"];
}

export function entityPageSearch(search: Record<string, unknown>): EntityPageSearch {
  return { tab: oneOf(search.tab, TABS), version: text(search.version), against: text(search.against), file: text(search.file), order: oneOf(search.order, ORDERS) };
}
