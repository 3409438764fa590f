import { get } from "@/api/client";
import type { Alula, AttemptDetail, ExecutionId, NodeExecution } from "@/idl";
import { idPath } from "@/lib/id";

type ItemSpans = Alula<"ItemSpansResponse">;

/** What can be read at once: a node's own attempts, those of some items of a map, or when all of its items ran. */
export type Piece = { nodeId: string } | { nodeId: string; block: number } | { nodeId: string; isSpans: true };

/** Items whose attempts are read together. */
const BLOCK = 100;
const NODES_AT_ONCE = 100;
const PAGE = 1000;
const PAUSE_MS = 1000;
const AFTER_FAILURE_MS = 5000;
/** What is only scrolled past is not read. */
const SCROLL_MS = 60;

export interface RunNodes {
  node: (id: string) => NodeExecution | undefined;
  subscribe: (reader: () => void) => () => void;
}

interface Entry {
  /** The node as it was when this was asked for: another object is another state. */
  of: NodeExecution | undefined;
  attempts?: readonly AttemptDetail[];
  byItem?: ReadonlyMap<number, readonly AttemptDetail[]>;
  spans?: ItemSpans;
}

/** The block that an item of a map is read with; items count from 0. */
export function blockOf(nodeId: string, item: number): Piece {
  return { nodeId, block: Math.floor(item / BLOCK) };
}

export function keyOf(piece: Piece): string {
  return "block" in piece ? `${piece.nodeId}|${piece.block}` : "isSpans" in piece ? `${piece.nodeId}|spans` : piece.nodeId;
}

/** What attempts are asked for, as the server's `attempts` takes it. */
type AttemptQuery = Record<string, string | number | boolean | readonly string[]>;

/** Attempts of an execution by node, item and number, to the last page. */
export async function readAttempts(id: ExecutionId, query: AttemptQuery, signal: AbortSignal): Promise<AttemptDetail[]> {
  const found: AttemptDetail[] = [];
  let token = "";
  do {
    const page = await get<Alula<"AttemptPage">>(["api/alula/v1/attempts", ...idPath(id)], { ...query, limit: PAGE, token }, signal);
    found.push(...(page.attempts ?? []));
    token = page.token ?? "";
  } while (token);
  return found;
}

/**
 * Attempts of a run, as far as somebody looks at them: what comes into view is read, and what is in view again when the node has changed
 * that it is of, no more than once a second. Of a node that does not change nothing is read again, whatever others do or say.
 */
export class AttemptStore {
  private readonly entries = new Map<string, Entry>();
  private wanted: readonly Piece[] = [];
  private readonly readers = new Set<() => void>();
  private leave: (() => void) | undefined;
  private control = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isReading = false;
  private restUntil = 0;
  private revision = 0;
  error: unknown;

  constructor(
    private readonly id: ExecutionId,
    private readonly nodes: RunNodes,
  ) {}

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    if (!this.leave) {
      this.control = new AbortController();
      this.leave = this.nodes.subscribe(() => this.plan());
      this.plan();
    }
    return () => {
      this.readers.delete(reader);
      if (this.readers.size === 0) this.close();
    };
  };

  readonly current = (): number => this.revision;

  /** What is in view from now on. */
  want(pieces: readonly Piece[]): void {
    this.wanted = pieces;
    this.plan();
  }

  /** Undefined: not read yet. */
  of(nodeId: string): readonly AttemptDetail[] | undefined {
    return this.entries.get(nodeId)?.attempts;
  }

  /** Attempts at an item of a map, counted from 0. Undefined: not read yet. */
  ofItem(nodeId: string, item: number): readonly AttemptDetail[] | undefined {
    const entry = this.entries.get(keyOf(blockOf(nodeId, item)));
    return entry?.byItem && (entry.byItem.get(item) ?? []);
  }

  spansOf(nodeId: string): ItemSpans | undefined {
    return this.entries.get(keyOf({ nodeId, isSpans: true }))?.spans;
  }

  /** After a failure: now, rather than after a while. */
  retry(): void {
    this.restUntil = 0;
    this.plan();
  }

  private close(): void {
    this.leave?.();
    this.leave = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.control.abort();
  }

  /** What is to be read: at once what was never read, after a pause what has changed since. */
  private due(): { unread: Piece[]; changed: Piece[] } {
    const unread: Piece[] = [];
    const changed: Piece[] = [];
    for (const piece of this.wanted) {
      const entry = this.entries.get(keyOf(piece));
      const node = this.nodes.node(piece.nodeId);
      if (node !== undefined && entry?.of !== node) (entry ? changed : unread).push(piece);
    }
    return { unread, changed };
  }

  private plan(): void {
    if (this.isReading || !this.leave) return;
    const { unread, changed } = this.due();
    clearTimeout(this.timer);
    if (unread.length + changed.length === 0) return;
    const wait = unread.length > 0 && !this.error ? SCROLL_MS : Math.max(0, this.restUntil - Date.now());
    this.timer = setTimeout(() => void this.read(), wait);
  }

  private async read(): Promise<void> {
    const { signal } = this.control;
    const { unread, changed } = this.due();
    const isRested = Date.now() >= this.restUntil;
    const pieces = isRested ? [...unread, ...changed] : unread;
    const before = new Map(pieces.map((piece) => [keyOf(piece), this.nodes.node(piece.nodeId)]));
    this.isReading = true;
    try {
      await Promise.all([this.readNodes(pieces, before, signal), ...pieces.map((piece) => this.readMap(piece, before, signal))]);
      this.error = undefined;
      if (isRested) this.restUntil = Date.now() + PAUSE_MS;
    } catch (error) {
      if (!signal.aborted) {
        this.error = error;
        this.restUntil = Date.now() + AFTER_FAILURE_MS;
      }
    }
    this.isReading = false;
    if (!this.leave) return;
    this.tell();
    this.plan();
  }

  private async readNodes(pieces: readonly Piece[], before: ReadonlyMap<string, NodeExecution | undefined>, signal: AbortSignal): Promise<void> {
    const ids = pieces.filter((piece) => !("block" in piece) && !("isSpans" in piece)).map(({ nodeId }) => nodeId);
    for (let at = 0; at < ids.length; at += NODES_AT_ONCE) {
      const some = ids.slice(at, at + NODES_AT_ONCE);
      const found = grouped(await readAttempts(this.id, { node_ids: some, without_items: true }, signal), (each) => each.node?.node_id ?? "");
      for (const id of some) this.entries.set(id, { of: before.get(id), attempts: found.get(id) ?? [] });
    }
  }

  private async readMap(piece: Piece, before: ReadonlyMap<string, NodeExecution | undefined>, signal: AbortSignal): Promise<void> {
    const { nodeId } = piece;
    const key = keyOf(piece);
    if ("isSpans" in piece) {
      const spans = await get<ItemSpans>(["api/alula/v1/item_spans", ...idPath(this.id), nodeId], {}, signal);
      this.entries.set(key, { of: before.get(key), spans });
    } else if ("block" in piece) {
      const first = piece.block * BLOCK + 1;
      const found = await readAttempts(this.id, { node_id: nodeId, item: first, last_item: first + BLOCK - 1 }, signal);
      this.entries.set(key, { of: before.get(key), byItem: grouped(found, (each) => (each.item ?? 0) - 1) });
    }
  }

  private tell(): void {
    this.revision++;
    for (const reader of this.readers) reader();
  }
}

function grouped<K>(attempts: readonly AttemptDetail[], keyOfOne: (attempt: AttemptDetail) => K): Map<K, AttemptDetail[]> {
  const found = new Map<K, AttemptDetail[]>();
  for (const attempt of attempts) {
    const key = keyOfOne(attempt);
    const known = found.get(key);
    if (known) known.push(attempt);
    else found.set(key, [attempt]);
  }
  return found;
}
