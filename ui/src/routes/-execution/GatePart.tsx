import { useQuery, useQueryClient } from "@tanstack/react-query";
import { gatesQuery } from "@/api/gate/queries";
import { answerGate } from "@/api/run/mutations";
import { nodeDataQuery } from "@/api/run/queries";
import { useRunNode } from "@/api/run/store";
import { GatePanel } from "@/components/run/GatePanel";
import { Failure, Skeleton } from "@/components/ui/State";
import { say } from "@/components/ui/Toast";
import type { Node } from "@/idl";
import { isTerminal } from "@/lib/phase";
import { useRunPage } from "./page";

export function GatePart({ nodeId, node, isApproval }: { nodeId: string; node: Node | undefined; isApproval: boolean }) {
  const { id, store } = useRunPage();
  const client = useQueryClient();
  const found = useRunNode(store, nodeId);
  const phase = found?.closure?.phase;
  const at = `${nodeId}|${phase}|${found?.closure?.updated_at}`;
  const gates = useQuery({ ...gatesQuery(id, at), enabled: found !== undefined });
  const data = useQuery({ ...nodeDataQuery(id, nodeId, isTerminal(phase) ? "ended" : "running"), enabled: found !== undefined && isApproval });
  const wanted = node?.gate_node?.approve?.signal_id ?? node?.gate_node?.signal?.signal_id;
  if (!found || wanted === undefined) return null;
  const failed = [gates, data].find((query) => query.error && !query.data);
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  // Nobody should agree before it is seen to what.
  if (!gates.data || (isApproval && !data.data)) return <Skeleton lines={2} />;
  const gate = gates.data.find((each) => each.name === wanted);
  if (!gate) return null;
  return (
    <GatePanel
      gate={gate}
      isApproval={isApproval}
      isWaiting={!isTerminal(phase)}
      asked={data.data?.full_inputs}
      onAnswer={(value) =>
        answerGate(id, wanted, value).then(() => {
          say("Answered");
          return client.invalidateQueries({ queryKey: gatesQuery(id, at).queryKey });
        })
      }
    />
  );
}
