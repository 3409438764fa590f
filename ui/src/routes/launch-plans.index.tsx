import { createFileRoute } from "@tanstack/react-router";
import { EntitiesPage } from "./-entities/EntitiesPage";
import { entitiesSearch } from "./-entities/search";

export const Route = createFileRoute("/launch-plans/")({ validateSearch: entitiesSearch, component: () => <EntitiesPage kind="LAUNCH_PLAN" /> });
