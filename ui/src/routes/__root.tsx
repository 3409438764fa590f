import { useQuery, type QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet, retainSearchParams, useNavigate, useParams } from "@tanstack/react-router";
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
  useEffect(() => followChanges(queryClient), [queryClient]);
  return (
    <Toasts>
      <Shell
        place={place}
        onSearch={() => setSearching(!isSearching)}
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
    </Toasts>
  );
}
