import type { CompiledWorkflow, Node } from "@/idl";
import { literalLine } from "./signature";
import { changesOf, line, type Change } from "./change";

type Binding = NonNullable<Node["inputs"]>[number];
type BindingData = NonNullable<Binding["binding"]>;

interface NodeChange {
  /** As people call it: its name, numbered where several are called so. */
  node: string;
  status: "added" | "removed" | "changed";
  changes: Change[];
}

export interface GraphChanges {
  nodes: NodeChange[];
  /** "double → add", gone or new. */
  edges: { edge: string; status: "added" | "removed" }[];
}

interface Described {
  settings: Map<string, string>;
  upstream: string[];
}

/** What two graphs differ in. Nodes are known by name, since their ids only count them. */
export function graphChanges(before: CompiledWorkflow | undefined, after: CompiledWorkflow | undefined): GraphChanges {
  const [was, is] = [describe(before), describe(after)];
  const nodes: NodeChange[] = [];
  for (const node of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const [old, now] = [was.get(node), is.get(node)];
    const changes = old && now ? changesOf(old.settings, now.settings) : [];
    if (!old || !now || changes.length > 0) nodes.push({ node, status: !old ? "added" : !now ? "removed" : "changed", changes });
  }
  const [had, has] = [edges(was), edges(is)];
  const gone = [...had].filter((edge) => !has.has(edge)).map((edge) => ({ edge, status: "removed" as const }));
  const made = [...has].filter((edge) => !had.has(edge)).map((edge) => ({ edge, status: "added" as const }));
  return { nodes, edges: [...gone, ...made].sort((a, b) => (a.edge < b.edge ? -1 : 1)) };
}

function edges(nodes: ReadonlyMap<string, Described>): Set<string> {
  return new Set([...nodes].flatMap(([name, { upstream }]) => upstream.map((from) => `${from} → ${name}`)));
}

function describe(workflow: CompiledWorkflow | undefined): Map<string, Described> {
  const template = workflow?.template;
  const nodes = (template?.nodes ?? []).filter((node) => node.id !== "start-node" && node.id !== "end-node");
  const names = namesOf(nodes);
  const nameOf = (id: string) => (id === "start-node" || id === "" ? "inputs" : (names.get(id) ?? id));
  const version = template?.id?.version ?? "";
  const made = new Map(nodes.map((node) => [nameOf(node.id ?? ""), { settings: settings(node, nameOf, version), upstream: upstream(node, nameOf) }]));
  const outputs = new Map((template?.outputs ?? []).map((each) => [`output ${each.var ?? ""}`, bindingLine(each.binding, nameOf)]));
  if (outputs.size) made.set("outputs", { settings: outputs, upstream: (template?.outputs ?? []).flatMap((each) => promises(each.binding)).map(nameOf) });
  return made;
}

function namesOf(nodes: readonly Node[]): Map<string, string> {
  const times = new Map<string, number>();
  return new Map(
    nodes.map((node) => {
      const name = node.metadata?.name || target(node) || node.id || "";
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      return [node.id ?? "", time === 1 ? name : `${name} (${time})`];
    }),
  );
}

/** The name of what a node runs. */
function target(node: Node): string {
  const id = node.task_node?.reference_id ?? node.workflow_node?.launchplan_ref ?? node.workflow_node?.sub_workflow_ref ?? (node.array_node?.node ? { name: target(node.array_node.node) } : undefined);
  return id?.name ?? "";
}

function settings(node: Node, nameOf: (id: string) => string, version: string): Map<string, string> {
  const made = new Map<string, string>();
  const say = (name: string, text: string) => text && made.set(name, text);
  const { metadata, branch_node: branch, gate_node: gate, array_node: array } = node;
  say("runs", target(node));
  const launched = node.workflow_node?.launchplan_ref?.version;
  if (launched !== version) say("launches version", launched ?? "");
  say("branch", branch ? line(without(branch, version)) : "");
  say("gate", line(gate));
  if (array) {
    say("map", "yes");
    say("parallelism", array.parallelism ? String(array.parallelism) : "");
    say("must succeed", line(array.min_successes) || line(array.min_success_ratio));
  }
  say("timeout", metadata?.timeout && metadata.timeout !== "0s" ? metadata.timeout : "");
  say("retries", line(metadata?.retries?.retries));
  say("interruptible", metadata?.interruptible === undefined ? "" : metadata.interruptible ? "yes" : "no");
  say("cacheable", metadata?.cacheable === undefined ? "" : metadata.cacheable ? "yes" : "no");
  say("cache version", metadata?.cache_version ?? "");
  say("overrides", line(node.task_node?.overrides));
  for (const each of node.inputs ?? []) say(`input ${each.var ?? ""}`, bindingLine(each.binding, nameOf));
  return made;
}

/** A message without the versions in it, which differ in any two versions. */
function without(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((each) => without(each, version));
  if (typeof value !== "object" || value === null) return value === version ? "" : value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, without(each, version)]));
}

function bindingLine(data: BindingData | undefined, nameOf: (id: string) => string): string {
  if (data?.promise) {
    const path = (data.promise.attr_path ?? []).map((each) => (each.string_value !== undefined ? `.${each.string_value}` : `[${each.int_value ?? 0}]`)).join("");
    return `${nameOf(data.promise.node_id ?? "")}.${data.promise.var ?? ""}${path}`;
  }
  if (data?.scalar) return literalLine({ scalar: data.scalar });
  if (data?.collection) return `[${(data.collection.bindings ?? []).map((each) => bindingLine(each, nameOf)).join(", ")}]`;
  if (data?.map) return `{${Object.entries(data.map.bindings ?? {}).map(([name, each]) => `${name}: ${bindingLine(each, nameOf)}`).join(", ")}}`;
  return "";
}

function promises(data: BindingData | undefined): string[] {
  if (data?.promise) return [data.promise.node_id ?? ""];
  const inner = [...(data?.collection?.bindings ?? []), ...Object.values(data?.map?.bindings ?? {})];
  return inner.flatMap(promises);
}

function upstream(node: Node, nameOf: (id: string) => string): string[] {
  const ids = [...(node.upstream_node_ids ?? []), ...(node.inputs ?? []).flatMap((each) => promises(each.binding))];
  return [...new Set(ids.map(nameOf))];
}
