import { createFileRoute } from "@tanstack/react-router";
import { EntitiesPage } from "./-entities/EntitiesPage";
import { entitiesSearch } from "./-entities/search";

export const Route = createFileRoute("/workflows/")({ validateSearch: entitiesSearch, component: () => <EntitiesPage kind="WORKFLOW" /> });
