import type { CompiledWorkflowClosure } from "@/idl";
import { buildGraph, NO_RUN, type RunShape } from "./build";
import type { GraphKind, GraphNode } from "./model";

/** Graphs within graphs may be far more nodes than anybody looks for; so many containers are gone into. */
const MOST_CONTAINERS = 5000;

/** What a search leads to: a node, or an item of a map. */
export interface Found {
  id: string;
  name: string;
  kind: GraphKind;
  /** Of a map's item its number. */
  item?: number;
  /** Ids of the nodes that it lies in, the outermost first: what must be expanded for it to be seen. */
  ancestors: readonly string[];
  /** The same by their names. */
  where: string;
}

export interface Search {
  found: readonly Found[];
  /** Of what is found, with what is not in `found`. */
  total: number;
  /** Maps of that name that have no item of that number, with how many they have. */
  beyond: readonly (Found & { item: number; count: number })[];
  /** Ids of maps of that name of which it is not known how many items they have. */
  unknown: readonly string[];
}

const NOTHING: Search = { found: [], total: 0, beyond: [], unknown: [] };

interface Entry {
  node: GraphNode;
  text: string;
}

/** Every node of a workflow or of a run, whether or not it is drawn: what is collapsed, the arms of branches, and what tasks made of themselves. */
export class NodeIndex {
  private readonly entries: readonly Entry[];
  private readonly byId: ReadonlyMap<string, GraphNode>;
  /** There were more containers than are gone into. */
  readonly isCut: boolean;

  constructor(closure: CompiledWorkflowClosure, run: RunShape = NO_RUN) {
    let left = MOST_CONTAINERS;
    const { nodes } = buildGraph(closure, () => left-- > 0, run);
    this.isCut = left < 0;
    this.byId = new Map(nodes.map((node) => [node.id, node]));
    this.entries = nodes.filter(({ kind }) => kind !== "start" && kind !== "end").map((node) => ({ node, text: `${node.name}\n${node.id}\n${node.detail}`.toLowerCase() }));
  }

  /**
   * The best `most` of what `text` names: nodes of that name first, then those whose name begins so, then those that hold it in name, id or
   * task; a number, as in "item 57" or "item[57]", also names items of maps.
   * @param countOf how many items a map has; undefined: that is not known, and its items are not offered.
   */
  search(text: string, most: number, countOf: (id: string) => number | undefined): Search {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return NOTHING;
    const ranked: GraphNode[][] = [[], [], []];
    for (const { node, text: all } of this.entries) {
      if (!all.includes(wanted)) continue;
      const rank = all.startsWith(`${wanted}\n`) || node.id === wanted ? 0 : all.startsWith(wanted) ? 1 : 2;
      ranked[rank]?.push(node);
    }
    const nodes = ranked.flat();
    const items: Found[] = [];
    const beyond: Search["beyond"][number][] = [];
    const unknown: string[] = [];
    const named = this.items(wanted);
    for (const each of named.slice(0, most)) {
      const count = countOf(each.id);
      if (count === undefined) unknown.push(each.id);
      else if (each.item < count) items.push(each);
      else beyond.push({ ...each, count });
    }
    const found = [...nodes.slice(0, most).map((node) => this.foundOf(node)), ...items];
    return { found: found.slice(0, most), total: nodes.length + items.length + Math.max(0, named.length - most), beyond, unknown };
  }

  private items(wanted: string): (Found & { item: number })[] {
    const said = /^(.*?)[\s[#]*(\d{1,7})\]?$/.exec(wanted);
    if (!said) return [];
    const name = said[1] ?? "";
    return this.entries.filter(({ node, text }) => node.kind === "map" && text.includes(name)).map(({ node }) => ({ ...this.foundOf(node), item: Number(said[2]) }));
  }

  private foundOf(node: GraphNode): Found {
    const ancestors: GraphNode[] = [];
    for (let at = node.parent === undefined ? undefined : this.byId.get(node.parent); at; at = at.parent === undefined ? undefined : this.byId.get(at.parent)) ancestors.unshift(at);
    return { id: node.id, name: node.name, kind: node.kind, ancestors: ancestors.map(({ id }) => id), where: ancestors.map(({ name }) => name).join(" › ") };
  }
}
