import { useCallback, useSyncExternalStore } from "react";
import { openStream } from "@/api/stream";
import { address } from "@/api/client";
import type { AttemptMetrics, Execution, ExecutionId, NodeExecution } from "@/idl";

/** One message of the watch stream: the whole state, then what changed. Streams are not in the server's OpenAPI document. */
interface RunUpdate {
  execution?: Execution;
  nodes?: NodeExecution[];
  names?: Record<string, string>;
  attempts?: AttemptMetrics[];
}

export interface Called {
  specId: string;
  name: string;
}

/** An execution as it is known now; a new object whenever anything in it has changed, a few times a second at most. */
export interface RunState {
  /** reading: nothing has come yet. gone: there is none of that name (any more). */
  status: "reading" | "live" | "ended" | "gone";
  execution?: Execution;
  /** In the order in which they were reached. The map stays the same object while the state is renewed. */
  nodes: ReadonlyMap<string, NodeExecution>;
  /** By id, of nodes that a running task called: no graph holds their names. */
  names: ReadonlyMap<string, string>;
  /** What running attempts said last, by `attemptKey`. */
  told: ReadonlyMap<string, AttemptMetrics>;
  /** Task nodes that grew a graph of their own. */
  dynamic: ReadonlySet<string>;
  /** What lies in these, in order. */
  calls: ReadonlyMap<string, readonly Called[]>;
  /** Counts changes of what a graph of this run looks like beyond its phases. */
  shape: number;
  /** Counts all changes. */
  revision: number;
}

export function attemptKey(nodeId: string, item: number, attempt: number): string {
  return `${nodeId}|${item}|${attempt}`;
}

/**
 * Follows one execution while somebody looks at it. Messages are gathered and given to the page once per frame, so ten thousand
 * nodes that change at once are one rendering.
 */
export class RunStore {
  private state: RunState = empty("reading");
  private nodes = new Map<string, NodeExecution>();
  private names = new Map<string, string>();
  private told = new Map<string, AttemptMetrics>();
  private dynamic = new Set<string>();
  private calls = new Map<string, Called[]>();
  /** Calls by the node they lie in, whether or not that is known to be dynamic. */
  private made = new Map<string, Called[]>();
  private shape = 0;
  private readonly readers = new Set<() => void>();
  private close: (() => void) | undefined;
  private frame = 0;
  private isWhole = false;
  private isOver = false;
  private pending: Execution | undefined;

  constructor(private readonly id: ExecutionId) {}

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    if (!this.close && this.state.status !== "gone") this.open();
    return () => {
      this.readers.delete(reader);
      // A page that is drawn anew subscribes again at once: the stream is kept for it.
      if (this.readers.size === 0) setTimeout(() => this.readers.size === 0 && this.stop(), 1000);
    };
  };

  readonly current = (): RunState => this.state;

  readonly node = (id: string): NodeExecution | undefined => this.nodes.get(id);

  private open(): void {
    const { project = "", domain = "", name = "" } = this.id;
    this.isWhole = false;
    this.isOver = false;
    this.close = openStream<RunUpdate>(address(["api/alula/v1/watch", project, domain, name], { nodes: "brief" }), {
      onOpen: () => {
        this.isWhole = false;
      },
      onMessage: (update) => this.take(update),
      onEnd: () => {
        this.isOver = true;
        this.show({ status: "ended" });
      },
      onRefused: () => this.show({ status: "gone" }),
    });
  }

  private stop(): void {
    this.close?.();
    this.close = undefined;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private take(update: RunUpdate): void {
    if (!this.isWhole) this.forget();
    this.isWhole = true;
    for (const [id, name] of Object.entries(update.names ?? {})) this.names.set(id, name);
    for (const node of update.nodes ?? []) this.takeNode(node);
    for (const said of update.attempts ?? []) this.told.set(attemptKey(said.node_id ?? "", said.item ?? 0, said.retry_attempt ?? 0), said);
    if (update.execution) this.pending = update.execution;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.show({ status: this.isOver ? "ended" : "live" });
    });
  }

  private takeNode(node: NodeExecution): void {
    const id = node.id?.node_id ?? "";
    const isNew = !this.nodes.has(id);
    this.nodes.set(id, node);
    if (node.metadata?.is_dynamic && !this.dynamic.has(id)) {
      this.dynamic.add(id);
      this.shape++;
      this.showCalls(id);
    }
    if (isNew) this.takeCall(id, node);
  }

  /** A call may come before it is known that its caller makes any: it is kept in its place, and shown with the caller. */
  private takeCall(id: string, node: NodeExecution): void {
    const specId = node.metadata?.spec_node_id ?? id;
    const parent = id.endsWith(`-0-${specId}`) ? id.slice(0, -specId.length - 3) : "";
    if (!parent) return;
    const known = this.made.get(parent) ?? [];
    known.push({ specId, name: this.names.get(id) ?? "" });
    this.made.set(parent, known);
    if (this.dynamic.has(parent)) this.showCalls(parent);
  }

  private showCalls(parent: string): void {
    const made = this.made.get(parent);
    if (!made) return;
    this.calls.set(parent, made);
    this.shape++;
  }

  /** The first update of every connection is the whole state: what was known before may be of another life of the server. */
  private forget(): void {
    this.nodes = new Map();
    this.names = new Map();
    this.told = new Map();
    this.dynamic = new Set();
    this.calls = new Map();
    this.made = new Map();
    this.shape++;
  }

  private show(change: Pick<RunState, "status">): void {
    const { nodes, names, told, dynamic, calls, shape } = this;
    const execution = this.pending ?? this.state.execution;
    this.state = { ...change, execution, nodes, names, told, dynamic, calls, shape, revision: this.state.revision + 1 };
    for (const reader of this.readers) reader();
  }
}

function empty(status: RunState["status"]): RunState {
  return { status, nodes: new Map(), names: new Map(), told: new Map(), dynamic: new Set(), calls: new Map(), shape: 0, revision: 0 };
}

/** The whole state of an execution; renewed at most once per frame. */
export function useRun(store: RunStore): RunState {
  return useSyncExternalStore(store.subscribe, store.current);
}

/** One node of it: whoever shows one is not drawn again when others change. */
export function useRunNode(store: RunStore, nodeId: string): NodeExecution | undefined {
  return useSyncExternalStore(
    store.subscribe,
    useCallback(() => store.node(nodeId), [store, nodeId]),
  );
}
