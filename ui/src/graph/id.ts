import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { NodeExecution } from "@/idl";

const LONGEST_PLAIN = 80;

/**
 * The id that a node has in its execution, as the engine makes it: readable while it is short, else a hash of that.
 * `parent` is the id of the node whose graph it belongs to; undefined: it is of the execution's own graph.
 */
export function childId(parent: string | undefined, specId: string): string {
  const plain = parent === undefined ? specId : `${parent}-0-${specId}`;
  // Ids are ASCII: their length in characters is that in bytes.
  return plain.length <= LONGEST_PLAIN ? plain : `f${bytesToHex(sha256(utf8ToBytes(plain))).slice(0, 31)}`;
}

/** What of a node execution its place is found by. */
export type Placed = Pick<NodeExecution, "id" | "metadata">;

/**
 * By id the node that each node lies in; those of the execution's own graph are not in it. A node's parent is reached before
 * it, and `nodes` are in that order.
 */
export function parentsOf(nodes: Iterable<Placed>): Map<string, string> {
  const parents = new Map<string, string>();
  const containers: string[] = [];
  const hashed = new Map<string, string>();
  for (const node of nodes) {
    const id = node.id?.node_id ?? "";
    const spec = node.metadata?.spec_node_id ?? id;
    const tail = `-0-${spec}`;
    if (id !== spec && id.endsWith(tail)) parents.set(id, id.slice(0, -tail.length));
    else if (id !== spec) hashed.set(id, spec);
    if (node.metadata?.is_parent_node) containers.push(id);
  }
  if (hashed.size > 0) findHashed(containers, hashed, parents);
  return parents;
}

/** A hash says nothing of its parent: every pair of a container and a name that may lie in it is tried. */
function findHashed(containers: readonly string[], hashed: ReadonlyMap<string, string>, parents: Map<string, string>): void {
  const specs = new Set(hashed.values());
  for (const container of containers) {
    if (container.length < LONGEST_PLAIN - 3 - longest(specs)) continue;
    for (const spec of specs) {
      const id = childId(container, spec);
      if (hashed.has(id)) parents.set(id, container);
    }
  }
  // A hashed container is short again, so its children are plain.
}

function longest(texts: Iterable<string>): number {
  let found = 0;
  for (const text of texts) found = Math.max(found, text.length);
  return found;
}

/** Ids of the nodes that a node lies in, the nearest first. */
export function ancestorsOf(id: string, parents: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (let at = parents.get(id); at !== undefined && !found.includes(at); at = parents.get(at)) found.push(at);
  return found;
}
