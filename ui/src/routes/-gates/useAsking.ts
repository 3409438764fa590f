import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { waitingQuery } from "@/api/gate/queries";
import type { Gate, Place } from "@/idl";
import { idText } from "@/lib/id";

const NONE: readonly Gate[] = [];
const MOST = 1000;

/** The gates that wait, and by their text the executions that they belong to. */
export function useAsking(place?: Place): { gates: readonly Gate[]; hasMore: boolean; asking: ReadonlySet<string> } {
  const { data } = useQuery(waitingQuery(MOST, place));
  const gates = data?.gates ?? NONE;
  const asking = useMemo(() => new Set(gates.map((gate) => idText(gate.execution_id))), [gates]);
  return { gates, hasMore: data?.has_more === true, asking };
}
