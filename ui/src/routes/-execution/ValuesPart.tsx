import { useQuery } from "@tanstack/react-query";
import { nodeDataQuery } from "@/api/run/queries";
import { useRunNode } from "@/api/run/store";
import { LiteralTable } from "@/components/literal/LiteralView";
import { Failure, Skeleton } from "@/components/ui/State";
import type { LiteralMap } from "@/idl";
import { isTerminal } from "@/lib/phase";
import { useRunPage } from "./page";

/** What a node was given and what it gave; of a map's item its own element of each. */
export function ValuesPart({ nodeId, isMap, item }: { nodeId: string; isMap: boolean; item: number | undefined }) {
  const { id, store, graphs } = useRunPage();
  const node = useRunNode(store, nodeId);
  const phase = node?.closure?.phase;
  const data = useQuery(nodeDataQuery(id, nodeId, isTerminal(phase) ? "ended" : "running"));
  const types = isMap && item === undefined ? undefined : graphs.describer.task(nodeId)?.interface;
  if (data.error && !data.data) return <Failure error={data.error} onRetry={() => void data.refetch()} />;
  if (!data.data) return <Skeleton lines={4} />;
  const of = (values: LiteralMap | undefined) => (isMap && item !== undefined ? elementOf(values, item) : values);
  return (
    <>
      <h3 className="px-4 pt-3 text-xs font-semibold text-ink-2">Inputs</h3>
      <LiteralTable label="Inputs" values={of(data.data.full_inputs)} variables={types?.inputs?.variables} empty="It takes none." />
      <h3 className="border-t border-line px-4 pt-3 text-xs font-semibold text-ink-2">Outputs</h3>
      <LiteralTable label="Outputs" values={of(data.data.full_outputs)} variables={types?.outputs?.variables} empty={isTerminal(phase) ? "It gave none." : "There are none yet."} />
    </>
  );
}

function elementOf(values: LiteralMap | undefined, item: number): LiteralMap {
  const found: NonNullable<LiteralMap["literals"]> = {};
  for (const [name, literal] of Object.entries(values?.literals ?? {})) found[name] = literal.collection?.literals?.[item] ?? literal;
  return { literals: found };
}
