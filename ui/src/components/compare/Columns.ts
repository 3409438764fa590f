import type { ComparedExecution } from "@/idl";
import { idText } from "@/lib/id";

/** One of the compared executions, as heads of columns and lines show it. */
export interface Column {
  id: string;
  params: { project: string; domain: string; name: string };
  phase: string | undefined;
  version: string;
}

export function columnsOf(executions: readonly ComparedExecution[]): Column[] {
  return executions.map(({ execution, workflow_id }) => ({
    id: idText(execution?.id),
    params: { project: execution?.id?.project ?? "", domain: execution?.id?.domain ?? "", name: execution?.id?.name ?? "" },
    phase: execution?.closure?.phase,
    version: workflow_id?.version ?? "",
  }));
}
