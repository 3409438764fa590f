import { createFileRoute } from "@tanstack/react-router";
import { integer, oneOf, text } from "@/lib/search";
import { ExecutionPage } from "./-execution/ExecutionPage";
import { VIEWS, type View } from "./-execution/views";

/** Of attempts and items; the server knows no more. */
const MOST = 2 ** 31 - 2;
const TABS = ["graph", "timeline", "nodes", "inputs", "events"] as const;

export interface ExecutionPageSearch {
  tab?: (typeof TABS)[number];
  /** Id of the node whose drawer is open. */
  node?: string;
  attempt?: number;
  /** Index of a map's item. */
  item?: number;
  /** What the drawer shows. */
  view?: View;
  /** Where in a log it begins. */
  at?: "error";
}

export const Route = createFileRoute("/executions/$project/$domain/$name")({
  validateSearch: (search: Record<string, unknown>): ExecutionPageSearch => ({
    tab: oneOf(search.tab, TABS),
    node: text(search.node),
    attempt: integer(search.attempt, MOST),
    item: integer(search.item, MOST),
    view: oneOf(search.view, VIEWS),
    at: oneOf(search.at, ["error"] as const),
  }),
  component: Shown,
});

function Shown() {
  const { project, domain, name } = Route.useParams();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <ExecutionPage
      key={`${project}/${domain}/${name}`}
      id={{ project, domain, name }}
      search={search}
      onSearch={(change, isReplaced) => void navigate({ search: (old) => ({ ...old, ...change }), replace: isReplaced })}
    />
  );
}
