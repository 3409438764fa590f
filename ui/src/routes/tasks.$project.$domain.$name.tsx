import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";
import { oneOf, text } from "@/lib/search";

const TABS = ["versions", "graph", "interface", "runs"] as const;

export interface EntityPageSearch {
  tab?: (typeof TABS)[number];
  /** The version that is looked at; none: the latest. */
  version?: string;
  /** The version it is compared with. */
  against?: string;
}

export const Route = createFileRoute("/tasks/$project/$domain/$name")({
  validateSearch: (search: Record<string, unknown>): EntityPageSearch => ({
    tab: oneOf(search.tab, TABS),
    version: text(search.version),
    against: text(search.against),
  }),
  component: EntityPage,
});

function EntityPage() {
  const { name } = Route.useParams();
  return <Page title={name}>…</Page>;
}
