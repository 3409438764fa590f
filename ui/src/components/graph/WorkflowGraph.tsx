import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { Skeleton } from "@/components/ui/State";
import { buildGraph, countAll, NO_RUN } from "@/graph/build";
import type { CompiledWorkflowClosure } from "@/idl";
import { GraphView } from "./GraphView";
import type { ItemCounts } from "./Finder";
import type { GraphRun } from "./status";
import { useLayout } from "./useLayout";

export interface WorkflowGraphProps {
  /** A workflow version's compiled closure. */
  closure: CompiledWorkflowClosure;
  /** The run whose phases are shown; undefined: the workflow as such. */
  run?: GraphRun;
  /** Id of the node that is looked at. */
  selected?: string;
  /** Nodes that must be seen: what they lie in is expanded. */
  reveal?: readonly string[];
  onOpen?: (id: string, where?: { item?: number }) => void;
  /** Of a run: so many tasks have made graphs of themselves that are not read, and what reads more of them. */
  unread?: number;
  onReadMore?: () => void;
  /** Containers that are open, for whoever reads what is in them. */
  onExpanded?: (ids: ReadonlySet<string>) => void;
  /** Of a run: how many items its maps have. */
  items?: ItemCounts;
  /** Where a map's items stand. */
  strip?: (id: string) => ReactNode;
  label: string;
}

/** So many nodes are expanded from the start; a larger graph begins collapsed. */
const OPEN_AT_FIRST = 60;

/** A workflow's graph, of a version or of a run: expanded in place, panned, zoomed, searched and walked by keys. */
export function WorkflowGraph(props: WorkflowGraphProps) {
  const { closure, run, reveal, onExpanded } = props;
  const isSmall = useMemo(() => countAll(closure, OPEN_AT_FIRST + 1) <= OPEN_AT_FIRST, [closure]);
  const [byDefault, setByDefault] = useState<boolean>();
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [sought, setSought] = useState<string>();
  const shape = run?.shape ?? NO_RUN;
  const model = useMemo(() => {
    const revealed = new Set(reveal);
    return buildGraph(closure, (id) => revealed.has(id) || (toggled.get(id) ?? (byDefault ?? (isSmall && !shape.dynamic.has(id)))), shape);
  }, [closure, shape, toggled, byDefault, isSmall, reveal]);
  const laid = useLayout(model);
  useEffect(() => onExpanded?.(new Set(model.nodes.filter((node) => node.isExpanded).map((node) => node.id))), [model, onExpanded]);
  if (!laid) return <Skeleton lines={4} />;
  return (
    <ReactFlowProvider>
      <GraphView
        {...props}
        laid={laid}
        sought={sought}
        onSought={(found) => {
          setToggled(new Map([...toggled, ...found.ancestors.map((id) => [id, true] as const)]));
          setSought(found.id);
        }}
        onSeen={() => setSought(undefined)}
        onToggle={(id, isExpanded) => setToggled(new Map(toggled).set(id, isExpanded))}
        onToggleAll={(isExpanded) => {
          setByDefault(isExpanded);
          setToggled(new Map());
        }}
      />
    </ReactFlowProvider>
  );
}
