import { createFileRoute } from "@tanstack/react-router";
import { EntityPage } from "./-entity/EntityPage";
import { entityPageSearch } from "./-entity/search";

export const Route = createFileRoute("/workflows/$project/$domain/$name")({ validateSearch: entityPageSearch, component: () => <EntityPage kind="WORKFLOW" /> });
