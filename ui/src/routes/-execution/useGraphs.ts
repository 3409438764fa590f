import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { workflowQuery } from "@/api/entity/queries";
import { nodeDataQuery } from "@/api/run/queries";
import type { RunState } from "@/api/run/store";
import type { RunShape } from "@/graph/build";
import { Describer } from "@/graph/describe";
import type { CompiledWorkflowClosure, ExecutionId } from "@/idl";
import { isTerminal } from "@/lib/phase";

/** Graphs that tasks made of themselves are read for so many of them at once, and for those that are opened. */
const READ_AT_ONCE = 30;
const NONE: CompiledWorkflowClosure = {};

export interface Graphs {
  /** Undefined while it is read. */
  closure: CompiledWorkflowClosure | undefined;
  error: unknown;
  retry: () => void;
  /** So many of the graphs that tasks made of themselves are not read. */
  unread: number;
  readMore: () => void;
  shape: RunShape;
  describer: Describer;
  onExpanded: (ids: ReadonlySet<string>) => void;
}

/** The graphs of a run: its workflow's, and those that its dynamic tasks made. */
export function useGraphs(id: ExecutionId, run: RunState): Graphs {
  const workflowId = run.execution?.closure?.workflow_id;
  const workflow = useQuery({ ...workflowQuery(workflowId ?? {}), enabled: workflowId !== undefined });
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [most, setMost] = useState(READ_AT_ONCE);
  const dynamic = [...run.dynamic].filter((each, at) => at < most || expanded.has(each));
  const closures = useQueries({
    queries: dynamic.map((each) => nodeDataQuery(id, each, isTerminal(run.nodes.get(each)?.closure?.phase) ? "ended" : "running")),
    combine: (found) => {
      const all = new Map<string, CompiledWorkflowClosure>();
      found.forEach((query, at) => {
        const made = query.data?.dynamic_workflow?.compiled_workflow;
        const each = dynamic[at];
        if (made && each !== undefined) all.set(each, made);
      });
      return all;
    },
  });
  const closure = workflow.data?.closure?.compiled_workflow;
  const read = [...closures.keys()].join("|");
  const shape = useMemo<RunShape>(
    () => ({ dynamic: new Set(run.dynamic), closures, calls: new Map(run.calls) }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `shape` counts every change of the first two, `read` says which of the third are there
    [run.shape, read],
  );
  const describer = useMemo(() => new Describer(closure ?? NONE, shape, run.nodes, run.names), [closure, shape, run]);
  return { closure, error: workflow.error, retry: () => void workflow.refetch(), unread: run.dynamic.size - dynamic.length, readMore: () => setMost(most + READ_AT_ONCE), shape, describer, onExpanded: setExpanded };
}
