import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Recycle, Trash2 } from "lucide-react";
import { executionKeys } from "@/api/execution/keys";
import { evictCache } from "@/api/run/mutations";
import { cacheQuery } from "@/api/run/queries";
import { useRunNode } from "@/api/run/store";
import { Fact } from "@/components/run/AttemptFacts";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { Confirm } from "@/components/ui/Dialog";
import { Failure, Skeleton } from "@/components/ui/State";
import { say } from "@/components/ui/Toast";
import { printable } from "@/lib/printable";
import { Nearest } from "./Nearest";
import { SourceLink } from "./SourceLink";
import { useRunPage } from "./page";

const STATUS: Record<string, string> = {
  HIT: "Taken from the cache", MISS: "Not in the cache", POPULATED: "Computed, and kept in the cache", DISABLED: "Not cached", SKIPPED: "The cache was passed over",
};

/** What the output cache said of a node, and why. */
export function CachePart({ nodeId }: { nodeId: string }) {
  const { id, store } = useRunPage();
  const client = useQueryClient();
  const node = useRunNode(store, nodeId);
  const explained = useQuery(cacheQuery(id, nodeId, `${node?.closure?.phase}|${node?.closure?.updated_at}`));
  if (explained.error && !explained.data) return <Failure error={explained.error} onRetry={() => void explained.refetch()} />;
  if (!explained.data) return <Skeleton lines={3} />;
  const { status = "", reason, key, source, source_item, items = [], nearest } = explained.data;
  return (
    <div className="flex flex-col gap-3 px-4 py-3 text-sm">
      <p className="flex items-center gap-2 font-medium">
        <Recycle aria-hidden className={`size-4 ${status === "HIT" ? "text-cached" : "text-ink-3"}`} />
        {STATUS[status] ?? printable(status, 60)}
      </p>
      {reason && <p className="break-words">Why: {printable(reason, 1000)}</p>}
      <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1">
        {key && (
          <Fact name="Key">
            <span className="inline-flex max-w-full items-center gap-1">
              <span className="truncate font-mono text-xs">{key}</span>
              <Copy text={key} label="Copy the key" />
            </span>
          </Fact>
        )}
        {source?.node_execution_id && (
          <Fact name="Computed by">
            <SourceLink source={source} item={source_item ?? 0} />
          </Fact>
        )}
        {items.length > 0 && <Fact name="Items from it">{items.length}</Fact>}
      </dl>
      {nearest && <Nearest nearest={nearest} id={id} nodeId={nodeId} />}
      {(status === "HIT" || status === "POPULATED" || items.length > 0) && (
        <Confirm
          title="Have the cache forget this?"
          action="Forget"
          onConfirm={() =>
            evictCache(id, nodeId).then(({ evicted }) => {
              say(`The cache has forgotten ${evicted ?? 0} ${evicted === "1" ? "entry" : "entries"}`);
              return client.invalidateQueries({ queryKey: executionKeys.one(id) });
            })
          }
          trigger={
            <Button look="danger" size="small" className="self-start" icon={<Trash2 aria-hidden className="size-3.5" />}>
              Have the cache forget it
            </Button>
          }
        >
          What this node took from the cache and what it filled is dropped, so the next run computes it anew. Results of past executions stay.
        </Confirm>
      )}
    </div>
  );
}
