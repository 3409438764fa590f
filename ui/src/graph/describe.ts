import type { CompiledWorkflow, CompiledWorkflowClosure, Node, NodeExecution, TaskTemplate } from "@/idl";
import { armsOf, Closure, detailOf, kindOf, nameOf, type RunShape } from "./build";
import { parentsOf } from "./id";
import type { GraphKind } from "./model";

/** What a node execution is, as the graph it belongs to says. */
export interface Described {
  name: string;
  kind: GraphKind;
  detail: string;
  /** As it was compiled; undefined where no graph holds it (any more). */
  node?: Node;
}

interface Found {
  node: Node;
  closure: Closure;
  isFailure: boolean;
}

/** Looks nodes of a run up in the graphs they belong to, nested ones too. Each graph is read once. */
export class Describer {
  private readonly scopes = new Map<string | undefined, Map<string, Found>>();
  readonly parents: ReadonlyMap<string, string>;

  constructor(
    private readonly closure: CompiledWorkflowClosure,
    private readonly shape: RunShape,
    private readonly nodes: ReadonlyMap<string, NodeExecution>,
    private readonly names: ReadonlyMap<string, string>,
  ) {
    this.parents = parentsOf(nodes.values());
  }

  describe(id: string): Described {
    const specId = this.nodes.get(id)?.metadata?.spec_node_id ?? id;
    const found = this.find(id, specId);
    if (!found) {
      const metadata = this.nodes.get(id)?.metadata;
      const kind = specId === "start-node" ? "start" : specId === "end-node" ? "end" : metadata?.is_array ? "map" : metadata?.is_dynamic ? "calls" : "task";
      return { name: this.names.get(id) || specId, kind, detail: "" };
    }
    const kind = found.isFailure ? "failure" : kindOf(found.node, this.shape.dynamic.has(id), this.shape.closures.get(id));
    return { name: nameOf(found.node, kind), kind, detail: detailOf(found.node), node: found.node };
  }

  /** The task that a node runs, as it was registered. */
  task(id: string): TaskTemplate | undefined {
    const found = this.find(id, this.nodes.get(id)?.metadata?.spec_node_id ?? id);
    const wanted = found?.node.task_node?.reference_id ?? found?.node.array_node?.node?.task_node?.reference_id;
    if (!found || !wanted) return undefined;
    return found.closure.closure.tasks?.map((each) => each.template).find((each) => each?.id?.name === wanted.name && each?.id?.version === wanted.version);
  }

  private find(id: string, specId: string): Found | undefined {
    return this.scope(this.parents.get(id)).get(specId);
  }

  private scope(parent: string | undefined): Map<string, Found> {
    const known = this.scopes.get(parent);
    if (known) return known;
    const made = new Map<string, Found>();
    // Before it is filled: ids that lie in themselves, which no server makes, end here.
    this.scopes.set(parent, made);
    for (const found of this.nodesIn(parent)) made.set(found.node.id ?? "", found);
    return made;
  }

  private nodesIn(parent: string | undefined): Found[] {
    if (parent === undefined) return ofWorkflow(this.closure.primary, new Closure(this.closure));
    const grown = this.shape.closures.get(parent);
    if (grown) return ofWorkflow(grown.primary, new Closure(grown));
    const holder = this.find(parent, this.nodes.get(parent)?.metadata?.spec_node_id ?? parent);
    if (!holder) return [];
    if (holder.node.branch_node) return armsOf(holder.node).map(({ node }) => ({ node, closure: holder.closure, isFailure: false }));
    return ofWorkflow(holder.closure.workflow(holder.node.workflow_node?.sub_workflow_ref), holder.closure);
  }
}

function ofWorkflow(workflow: CompiledWorkflow | undefined, closure: Closure): Found[] {
  const found = (workflow?.template?.nodes ?? []).map((node) => ({ node, closure, isFailure: false }));
  const failure = workflow?.template?.failure_node;
  return failure ? [...found, { node: failure, closure, isFailure: true }] : found;
}
