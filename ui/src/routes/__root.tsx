import { useQuery, type QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet, retainSearchParams, useMatchRoute, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { followChanges } from "@/api/changes";
import { overviewQuery } from "@/api/overview/queries";
import { PlacePicker } from "@/components/shell/PlacePicker";
import { Shell } from "@/components/shell/Shell";
import { Empty } from "@/components/ui/State";
import { Toasts } from "@/components/ui/Toast";
import type { Place } from "@/idl";
import { keepPlace } from "@/lib/place";
import { text } from "@/lib/search";
import { usePlace } from "@/lib/usePlace";
import { useShortcuts } from "@/lib/useShortcuts";
import { PaletteContainer } from "./-palette/PaletteContainer";

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
  const [isSearching, setSearching] = useState(false);
  useEffect(() => keepPlace({ project: place.project, domain: place.domain }), [place.project, place.domain]);
  // An execution's page has a stream of its own, and shows none of the lists; they are read again when they are seen again.
  const hasOwnStream = useMatchRoute()({ to: "/executions/$project/$domain/$name" }) !== false;
  useEffect(() => (hasOwnStream ? undefined : followChanges(queryClient)), [queryClient, hasOwnStream]);
  const go = (to: "/" | "/executions" | "/workflows" | "/tasks" | "/launch-plans" | "/launch") => () => void navigate({ to, search: place });
  useShortcuts({
    "mod+k": () => setSearching((isOpen) => !isOpen),
    "g h": go("/"),
    "g e": go("/executions"),
    "g w": go("/workflows"),
    "g t": go("/tasks"),
    "g l": go("/launch-plans"),
    n: go("/launch"),
  });
  return (
    <Toasts>
      <Shell
        place={place}
        onSearch={() => setSearching(true)}
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
      <PaletteContainer place={place} open={isSearching} onOpenChange={setSearching} />
    </Toasts>
  );
}
