import type { ComparedExecution } from "@/idl";
import { labelsOf } from "@/compare/names";
import type { Group } from "@/compare/table";
import { idText } from "@/lib/id";

/** One of the compared executions, as heads of columns and lines show it. */
export interface Column {
  id: string;
  /** What it is called beside the others. */
  label: string;
  params: { project: string; domain: string; name: string };
  phase: string | undefined;
  version: string;
}

export function columnsOf(executions: readonly ComparedExecution[], groups: readonly Group[]): Column[] {
  const labels = labelsOf(groups, executions.map(({ execution }) => execution?.id?.name ?? ""));
  return executions.map(({ execution, workflow_id }, at) => ({
    id: idText(execution?.id),
    label: labels[at] ?? "",
    params: { project: execution?.id?.project ?? "", domain: execution?.id?.domain ?? "", name: execution?.id?.name ?? "" },
    phase: execution?.closure?.phase,
    version: workflow_id?.version ?? "",
  }));
}
