import { lazy, Suspense } from "react";
import type { EntityKind } from "@/api/entity/queries";
import { Failure, Skeleton } from "@/components/ui/State";
import type { Identifier } from "@/idl";
import { printable } from "@/lib/printable";
import { useVersion } from "./useVersion";

// What draws it is large; whoever reads a list of versions does not wait for it.
const WorkflowGraph = lazy(() => import("@/components/graph/WorkflowGraph").then((module) => ({ default: module.WorkflowGraph })));

/** The graph as it is registered. */
export function GraphTab({ kind, id }: { kind: EntityKind; id: Identifier }) {
  const { data, error, retry } = useVersion(kind, id);
  if (error) return <Failure error={error} onRetry={retry} title="This version could not be read" />;
  if (!data?.closure) return <Skeleton />;
  return (
    <Suspense fallback={<Skeleton />}>
      <WorkflowGraph key={id.version} closure={data.closure} label={`Graph of ${printable(id.name, 200)}`} />
    </Suspense>
  );
}
