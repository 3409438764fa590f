import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";
import { integer, oneOf, text } from "@/lib/search";

export const TABS = ["graph", "timeline", "nodes", "inputs", "events"] as const;

export interface ExecutionPageSearch {
  tab?: (typeof TABS)[number];
  /** Id of the node whose drawer is open. */
  node?: string;
  attempt?: number;
  /** Index of a map's item. */
  item?: number;
  /** What the drawer shows. */
  view?: string;
}

export const Route = createFileRoute("/executions/$project/$domain/$name")({
  validateSearch: (search: Record<string, unknown>): ExecutionPageSearch => ({
    tab: oneOf(search.tab, TABS),
    node: text(search.node),
    attempt: integer(search.attempt),
    item: integer(search.item),
    view: text(search.view),
  }),
  component: ExecutionPage,
});

function ExecutionPage() {
  const { name } = Route.useParams();
  return <Page title={name}>…</Page>;
}
