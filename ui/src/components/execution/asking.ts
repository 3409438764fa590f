import { createContext, use } from "react";
import type { ExecutionId } from "@/idl";
import { idText } from "@/lib/id";
import { ASKING } from "@/lib/phase";

/** Executions of a list that wait for an answer, by their text. */
export const AskingContext = createContext<ReadonlySet<string>>(new Set());

/** An execution's phase as it is shown: on the wire one that waits for a person is running. */
export function useShownPhase(id: ExecutionId | undefined, phase: string | undefined): string | undefined {
  const isAsking = use(AskingContext).has(idText(id));
  return isAsking && phase === "RUNNING" ? ASKING : phase;
}
