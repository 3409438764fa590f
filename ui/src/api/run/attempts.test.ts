import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NodeExecution } from "@/idl";
import { AttemptStore, blockOf } from "./attempts";

const ID = { project: "p", domain: "d", name: "e" };

/** Nodes of a run: another object is another state. */
class Nodes {
  readonly all = new Map<string, NodeExecution>();
  private readonly readers = new Set<() => void>();
  readonly node = (id: string) => this.all.get(id);
  readonly subscribe = (reader: () => void) => {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  };

  change(...ids: string[]): void {
    for (const id of ids) this.all.set(id, { id: { node_id: id } });
    for (const reader of this.readers) reader();
  }
}

describe("attempts that are looked at", () => {
  let nodes: Nodes;
  let store: AttemptStore;
  let leave: () => void;
  let asked: URLSearchParams[];
  let answer: () => Response;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    answer = () => Response.json({ attempts: [{ node: { node_id: "n0" }, retry_attempt: 0 }, { node: { node_id: "m" }, item: 102, retry_attempt: 0 }] });
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(new URL(url, "http://test").searchParams);
      return Promise.resolve(answer());
    });
    nodes = new Nodes();
    nodes.change("n0", "n1", "m");
    store = new AttemptStore(ID, nodes);
    leave = store.subscribe(() => undefined);
  });

  afterEach(() => {
    leave();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("are read once, those of several nodes together", async () => {
    store.want([{ nodeId: "n0" }, { nodeId: "n1" }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.map((query) => query.getAll("node_ids"))).toEqual([["n0", "n1"]]);
    expect([store.of("n0")?.length, store.of("n1")?.length, store.of("m")]).toEqual([1, 0, undefined]);
  });

  test("are read again when their node has changed, not when others have", async () => {
    store.want([{ nodeId: "n0" }]);
    await vi.advanceTimersByTimeAsync(100);
    nodes.change("n1");
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(1);
    nodes.change("n0");
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
  });

  test("are read no more than once a second while their node changes", async () => {
    store.want([{ nodeId: "n0" }]);
    for (let at = 0; at < 30; at++) {
      nodes.change("n0");
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test("of items are read by blocks, of which the first counts from one", async () => {
    store.want([blockOf("m", 101)]);
    await vi.advanceTimersByTimeAsync(100);
    expect([asked[0]?.get("item"), asked[0]?.get("last_item")]).toEqual(["101", "200"]);
    expect([store.ofItem("m", 101)?.length, store.ofItem("m", 100)?.length, store.ofItem("m", 99)]).toEqual([1, 0, undefined]);
  });

  test("that were only scrolled past are not read", async () => {
    store.want([{ nodeId: "n0" }]);
    await vi.advanceTimersByTimeAsync(20);
    store.want([{ nodeId: "n1" }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.map((query) => query.getAll("node_ids"))).toEqual([["n1"]]);
  });

  test("that could not be read say why, and are read after a while or when that is asked for", async () => {
    const whole = answer;
    answer = () => Response.json({ message: "not now" }, { status: 503 });
    store.want([{ nodeId: "n0" }]);
    await vi.advanceTimersByTimeAsync(100);
    expect(String(store.error)).toContain("not now");
    answer = whole;
    store.retry();
    await vi.advanceTimersByTimeAsync(1);
    expect([store.error, store.of("n0")?.length]).toEqual([undefined, 1]);
  });

  test("are not read while nobody looks", async () => {
    leave();
    store.want([{ nodeId: "n0" }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(0);
    leave = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toHaveLength(1);
  });
});
