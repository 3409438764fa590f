import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import type { EntityKind } from "@/api/entity/queries";
import { Failure, Skeleton } from "@/components/ui/State";
import type { Identifier, Node } from "@/idl";
import { printable } from "@/lib/printable";
import { useVersion } from "./useVersion";

// What draws it is large; whoever reads a list of versions does not wait for it.
const WorkflowGraph = lazy(() => import("@/components/graph/WorkflowGraph").then((module) => ({ default: module.WorkflowGraph })));

/** The graph as it is registered. */
export function GraphTab({ kind, id }: { kind: EntityKind; id: Identifier }) {
  const { data, error, retry } = useVersion(kind, id);
  const navigate = useNavigate();
  // A node of the workflow itself leads to what it runs; those further in are reached from there.
  const open = (node: string) => {
    const found = data?.closure?.primary?.template?.nodes?.find((each) => each.id === node);
    const runs = found && (runsTask(found) ?? found.workflow_node?.sub_workflow_ref ?? found.workflow_node?.launchplan_ref);
    if (!runs) return;
    const params = { project: runs.project ?? "", domain: runs.domain ?? "", name: runs.name ?? "" };
    const search = { version: runs.version } as const;
    if (runs.resource_type === "TASK") void navigate({ to: "/tasks/$project/$domain/$name", params, search: { ...search, tab: "interface" } });
    else if (runs.resource_type === "WORKFLOW") void navigate({ to: "/workflows/$project/$domain/$name", params, search: { ...search, tab: "graph" } });
    else void navigate({ to: "/launch-plans/$project/$domain/$name", params, search: { ...search, tab: "graph" } });
  };
  if (error) return <Failure error={error} onRetry={retry} title="This version could not be read" />;
  if (!data?.closure) return <Skeleton />;
  return (
    <Suspense fallback={<Skeleton />}>
      <WorkflowGraph key={id.version} closure={data.closure} label={`Graph of ${printable(id.name, 200)}`} onOpen={open} />
    </Suspense>
  );
}

function runsTask(node: Node): Identifier | undefined {
  return node.task_node?.reference_id ?? node.array_node?.node?.task_node?.reference_id;
}
