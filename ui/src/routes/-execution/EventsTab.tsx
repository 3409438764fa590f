import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { executionKeys } from "@/api/execution/keys";
import { eventsQuery } from "@/api/run/queries";
import { EventList } from "@/components/run/EventList";
import { Failure, Skeleton } from "@/components/ui/State";
import { useRunPage } from "./page";
import { useThrottled } from "@/lib/useThrottled";

/** What happened, as it is on record. */
export function EventsTab() {
  const { id, run, graphs, open } = useRunPage();
  const client = useQueryClient();
  const settled = useThrottled(run.revision);
  useEffect(() => {
    void client.invalidateQueries({ queryKey: executionKeys.events(id) });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `id` is of the page
  }, [client, settled]);
  const events = useInfiniteQuery(eventsQuery(id));
  if (!events.data && events.error) return <Failure error={events.error} onRetry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton />;
  return (
    <EventList
      events={events.data.pages.flatMap((page) => page.events ?? [])}
      nameOf={(nodeId) => graphs.describer.describe(nodeId).name}
      onOpen={open}
      hasMore={events.hasNextPage}
      isReading={events.isFetchingNextPage}
      onMore={() => void events.fetchNextPage()}
    />
  );
}
