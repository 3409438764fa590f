import { useParams, useSearch } from "@tanstack/react-router";
import type { Place } from "@/idl";
import { lastPlace } from "./place";

/** The project and domain this page is about: of its own address, else those looked at last. */
export function usePlace(): Place {
  const search: Partial<Place> = useSearch({ strict: false });
  const params: Partial<Place> = useParams({ strict: false });
  const kept = lastPlace();
  return { project: params.project ?? search.project ?? kept.project, domain: params.domain ?? search.domain ?? kept.domain };
}
