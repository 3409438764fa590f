import { createContext, use } from "react";
import type { RunState, RunStore } from "@/api/run/store";
import type { ExecutionId } from "@/idl";
import type { Graphs } from "./useGraphs";

/** What the parts of the page share. */
export interface RunPage {
  id: Required<Pick<ExecutionId, "project" | "domain" | "name">>;
  store: RunStore;
  run: RunState;
  graphs: Graphs;
  /** Opens a node's drawer. */
  open: (nodeId: string, where?: { item?: number; attempt?: number; view?: string; at?: "error" }) => void;
}

export const RunPageContext = createContext<RunPage | undefined>(undefined);

export function useRunPage(): RunPage {
  const page = use(RunPageContext);
  if (!page) throw new Error("outside of an execution's page");
  return page;
}
