import { useQuery } from "@tanstack/react-query";
import { itemsQuery } from "@/api/run/queries";
import { useRunNode } from "@/api/run/store";
import { useRunPage } from "./page";
import { useThrottled } from "@/lib/useThrottled";
import { versionOf } from "@/lib/versionOf";

const PAUSE_MS = 700;

/** What a map's items are read by: anew when it or one of them has changed. */
export function useItemsAt(nodeId: string, pause = PAUSE_MS): { at: number; isReached: boolean } {
  const { store } = useRunPage();
  const node = useRunNode(store, nodeId);
  const phase = node?.closure?.phase;
  return { at: useThrottled(versionOf(node), pause), isReached: node !== undefined && phase !== "QUEUED" };
}

/** The items of a map. */
export function useItems(nodeId: string, { isMap = true } = {}) {
  const { id } = useRunPage();
  const { at, isReached } = useItemsAt(nodeId);
  return useQuery({ ...itemsQuery(id, nodeId, at), enabled: isReached && isMap });
}

/** The map has fewer items than that: an address or a search says any number. */
export function useIsMissing(nodeId: string, item: number | undefined): boolean {
  const size = useItems(nodeId, { isMap: item !== undefined }).data?.size ?? 0;
  return item !== undefined && size > 0 && item >= size;
}
