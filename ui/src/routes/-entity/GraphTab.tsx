import type { EntityKind } from "@/api/entity/queries";
import { Failure, Skeleton } from "@/components/ui/State";
import type { Identifier } from "@/idl";
import { useVersion } from "./useVersion";

/** The graph as it is registered. */
export function GraphTab({ kind, id }: { kind: EntityKind; id: Identifier }) {
  const { data, error, retry } = useVersion(kind, id);
  if (error) return <Failure error={error} onRetry={retry} title="This version could not be read" />;
  if (!data?.closure) return <Skeleton />;
  return null;
}
