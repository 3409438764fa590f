import { useQuery, type QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet, retainSearchParams, useMatchRoute, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { followChanges } from "@/api/changes";
import { overviewQuery } from "@/api/overview/queries";
import { PlacePicker } from "@/components/shell/PlacePicker";
import { Shell } from "@/components/shell/Shell";
import { Empty } from "@/components/ui/State";
import { Toasts } from "@/components/ui/Toast";
import type { Place } from "@/idl";
import { keepPlace } from "@/lib/place";
import { text } from "@/lib/search";
import { useFocusBack } from "@/lib/useFocusBack";
import { usePlace } from "@/lib/usePlace";
import { useShortcuts } from "@/lib/useShortcuts";
import { PaletteContainer } from "./-palette/PaletteContainer";

const KeysDialog = lazy(() => import("@/components/shell/KeysDialog"));

export interface PlaceSearch {
  project?: string;
  domain?: string;
}

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  validateSearch: (search: Record<string, unknown>): PlaceSearch => ({ project: text(search.project), domain: text(search.domain) }),
  search: { middlewares: [retainSearchParams(["project", "domain"])] },
  component: Root,
  notFoundComponent: () => (
    <Empty title="There is no such page">The address may be mistyped, or of another version. Everything is reached from the left.</Empty>
  ),
});


function Root() {
  const { queryClient } = Route.useRouteContext();
  const params: Partial<Place> = useParams({ strict: false });
  const place = usePlace();
  const navigate = useNavigate();
  const { data: overview } = useQuery(overviewQuery());
  /** What lies over the page. */
  const [over, setOver] = useState<"search" | "keys">();
  useFocusBack(over !== undefined);
  useEffect(() => keepPlace({ project: place.project, domain: place.domain }), [place.project, place.domain]);
  // An execution's page has a stream of its own, and shows none of the lists; they are read again when they are seen again.
  const hasOwnStream = useMatchRoute()({ to: "/executions/$project/$domain/$name" }) !== false;
  useEffect(() => (hasOwnStream ? undefined : followChanges(queryClient)), [queryClient, hasOwnStream]);
  const go = (to: "/" | "/executions" | "/workflows" | "/tasks" | "/launch-plans" | "/launch") => () => void navigate({ to, search: place });
  const showKeys = () => setOver("keys");
  useShortcuts("anywhere", {
    search: () => setOver((now) => (now === "search" ? undefined : "search")),
    keys: showKeys,
    home: go("/"),
    executions: go("/executions"),
    workflows: go("/workflows"),
    tasks: go("/tasks"),
    plans: go("/launch-plans"),
    launch: go("/launch"),
  });
  return (
    <Toasts>
      <Shell
        place={place}
        onSearch={() => setOver("search")}
        onKeys={showKeys}
        picker={
          <PlacePicker
            place={place}
            places={overview?.places ?? []}
            onChange={(chosen) => void navigate({ to: params.project ? "/executions" : ".", search: (old) => ({ ...old, ...chosen }) })}
          />
        }
      >
        <Outlet />
      </Shell>
      <PaletteContainer place={place} open={over === "search"} onOpenChange={(isOpen) => setOver(isOpen ? "search" : undefined)} onKeys={showKeys} />
      {over === "keys" && (
        <Suspense>
          <KeysDialog onOpenChange={() => setOver(undefined)} />
        </Suspense>
      )}
    </Toasts>
  );
}
