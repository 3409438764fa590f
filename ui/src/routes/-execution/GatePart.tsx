import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answerGate } from "@/api/run/mutations";
import { signalsQuery } from "@/api/run/queries";
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
  const signals = useQuery({ ...signalsQuery(id, at), enabled: found !== undefined });
  const wanted = node?.gate_node?.approve?.signal_id ?? node?.gate_node?.signal?.signal_id;
  if (!found || wanted === undefined) return null;
  if (signals.error && !signals.data) return <Failure error={signals.error} onRetry={() => void signals.refetch()} />;
  if (!signals.data) return <Skeleton lines={2} />;
  const signal = signals.data.find((each) => each.id?.signal_id === wanted);
  if (!signal) return null;
  return (
    <GatePanel
      signal={signal}
      isApproval={isApproval}
      isWaiting={!isTerminal(phase)}
      onAnswer={(value) =>
        answerGate(id, wanted, value).then(() => {
          say("Answered");
          return client.invalidateQueries({ queryKey: signalsQuery(id, at).queryKey });
        })
      }
    />
  );
}
