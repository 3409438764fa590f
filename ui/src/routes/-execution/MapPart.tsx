import { useQuery } from "@tanstack/react-query";
import { itemsSummaryQuery } from "@/api/run/queries";
import { MapSummary } from "@/components/run/MapSummary";
import { Failure, Skeleton } from "@/components/ui/State";
import { useRunPage } from "./page";
import { useItems, useItemsAt } from "./useItems";

/** The server looks at every attempt of the map for it. */
const PAUSE_MS = 3000;

/** A map as a whole, as long as none of its items is looked at. */
export function MapPart({ nodeId, onChoose }: { nodeId: string; onChoose: (item: number) => void }) {
  const { id } = useRunPage();
  const { at, isReached } = useItemsAt(nodeId, PAUSE_MS);
  const items = useItems(nodeId);
  const summary = useQuery({ ...itemsSummaryQuery(id, nodeId, at), enabled: isReached });
  if (summary.error && !summary.data) return <Failure error={summary.error} onRetry={() => void summary.refetch()} />;
  if (!summary.data) return isReached ? <Skeleton lines={3} /> : null;
  return <MapSummary items={items.data} summary={summary.data} onChoose={onChoose} />;
}
