import type { Node } from "@/idl";

/** Parts of compiled workflows for unit tests. */
export const id = (name: string) => ({ resource_type: "WORKFLOW" as const, project: "p", domain: "d", name, version: "v" });
export const task = (specId: string, name: string): Node => ({ id: specId, metadata: { name }, task_node: { reference_id: { ...id(`m.${name}`), resource_type: "TASK" } } });
export const ends: Node[] = [{ id: "start-node" }, { id: "end-node" }];
