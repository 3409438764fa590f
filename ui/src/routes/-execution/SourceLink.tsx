import { Link } from "@tanstack/react-router";
import type { CacheExplanation } from "@/idl";
import { printable } from "@/lib/printable";

/** The node, or item of a map, that computed what the cache has. */
export function SourceLink({ source, item }: { source: NonNullable<CacheExplanation["source"]>; item: number }) {
  const { execution_id: execution, node_id: node = "" } = source.node_execution_id ?? {};
  return (
    <Link
      to="/executions/$project/$domain/$name"
      params={{ project: execution?.project ?? "", domain: execution?.domain ?? "", name: execution?.name ?? "" }}
      search={{ node, item: item > 0 ? item - 1 : undefined }}
      className="text-accent underline"
    >
      {printable(execution?.name, 80)} {node}
      {item > 0 && `[${item - 1}]`}
    </Link>
  );
}
