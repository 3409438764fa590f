import { createFileRoute } from "@tanstack/react-router";
import { EntitiesPage } from "./-entities/EntitiesPage";
import { entitiesSearch } from "./-entities/search";

export const Route = createFileRoute("/tasks/")({ validateSearch: entitiesSearch, component: () => <EntitiesPage kind="TASK" /> });
