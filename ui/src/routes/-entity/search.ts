import { oneOf, text } from "@/lib/search";

const TABS = ["versions", "graph", "interface", "runs"] as const;

export interface EntityPageSearch {
  tab?: (typeof TABS)[number];
  /** The version that is looked at; none: the latest. */
  version?: string;
  /** The version it is compared with. */
  against?: string;
}

export function entityPageSearch(search: Record<string, unknown>): EntityPageSearch {
  return { tab: oneOf(search.tab, TABS), version: text(search.version), against: text(search.against) };
}
