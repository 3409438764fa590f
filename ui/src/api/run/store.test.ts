// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NodeExecution } from "@/idl";
import { FakeLocks, FakeSource } from "@/testing/browser";
import { RunStore } from "./store";

const node = (id: string, spec = id, more: NodeExecution["metadata"] = {}): NodeExecution => ({ id: { node_id: id }, metadata: { spec_node_id: spec, ...more } });

beforeEach(() => {
  FakeSource.install();
  FakeLocks.install();
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => {
    queueMicrotask(act);
    return 1;
  });
});
afterEach(() => vi.unstubAllGlobals());

async function opened(): Promise<{ store: RunStore; source: FakeSource }> {
  const store = new RunStore({ project: "p", domain: "d", name: "e" });
  store.subscribe(() => undefined);
  return { store, source: await FakeSource.next() };
}

describe("an execution that is followed", () => {
  test("has calls in their order, also those that came before their caller was known to make any", async () => {
    const { store, source } = await opened();
    source.open();
    source.say({ nodes: [node("n0"), node("n0-0-a", "a")], names: { "n0-0-a": "first" } });
    source.say({ nodes: [node("n0-0-b", "b")], names: { "n0-0-b": "second" } });
    await Promise.resolve();
    expect(store.current().calls.size).toBe(0);
    const { shape } = store.current();
    source.say({ nodes: [node("n0", "n0", { is_dynamic: true }), node("n0-0-c", "c")], names: { "n0-0-c": "third" } });
    await Promise.resolve();
    expect(store.current().calls.get("n0")?.map(({ specId, name }) => [specId, name])).toEqual([["a", "first"], ["b", "second"], ["c", "third"]]);
    expect(store.current().shape).toBeGreaterThan(shape);
  });

  test("is known anew when the stream was lost, and nothing of before is left", async () => {
    const { store, source } = await opened();
    source.open();
    source.say({ nodes: [node("n0"), node("gone")] });
    source.fail();
    const again = await FakeSource.next();
    again.open();
    again.say({ nodes: [node("n0")] });
    await Promise.resolve();
    expect([...store.current().nodes.keys()]).toEqual(["n0"]);
    again.emit("end", {});
    expect(store.current().status).toBe("ended");
  });
});
