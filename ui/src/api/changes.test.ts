// @vitest-environment happy-dom
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { followChanges } from "./changes";
import { executionKeys } from "./execution/keys";
import { ValueStore } from "./execution/values";
import { FakeLocks, FakeSource } from "@/testing/browser";

const id = { project: "p", domain: "d", name: "e" };
let close: () => void = () => undefined;

beforeEach(() => {
  FakeSource.install();
  FakeLocks.install();
});
afterEach(() => {
  close();
  vi.unstubAllGlobals();
});

/** A list that is shown, and how often it was read. */
function shown(client: QueryClient) {
  const read = vi.fn(() => Promise.resolve({ pages: [{ executions: [{ id, closure: { phase: "RUNNING" } }] }], pageParams: [""] }));
  const observer = new QueryObserver(client, { queryKey: executionKeys.list({ search: {}, limit: 100 }), queryFn: read, staleTime: Number.POSITIVE_INFINITY });
  const leave = observer.subscribe(() => undefined);
  return { read, leave, phase: () => observer.getCurrentResult().data?.pages[0]?.executions[0]?.closure.phase };
}

describe("what the server says of changes", () => {
  test("is shown at once, and read again together", async () => {
    const client = new QueryClient();
    const list = shown(client);
    await vi.waitFor(() => expect(list.phase()).toBe("RUNNING"));
    close = followChanges(client);
    const source = await FakeSource.next();
    source.open();
    for (let at = 0; at < 20; at++) source.say({ executions: [{ ...id, phase: "SUCCEEDED" }] });
    expect(list.phase()).toBe("SUCCEEDED");
    await vi.waitFor(() => expect(list.read).toHaveBeenCalledTimes(3), { timeout: 2000 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(list.read).toHaveBeenCalledTimes(3);
    list.leave();
  });

  test("is made up for after a loss, whatever was missed", async () => {
    const client = new QueryClient();
    const list = shown(client);
    close = followChanges(client);
    (await FakeSource.next()).fail();
    const again = await FakeSource.next();
    again.open();
    const before = list.read.mock.calls.length;
    again.say({ ready: true });
    await vi.waitFor(() => expect(list.read.mock.calls.length).toBeGreaterThan(before));
    list.leave();
  });

  test("names what has measured something, and nobody where everything may have", async () => {
    const client = new QueryClient();
    const said = vi.fn();
    const store = new ValueStore();
    const leave = store.subscribe(() => undefined);
    vi.stubGlobal("fetch", (_: string, { body }: { body: string }) => {
      said((JSON.parse(body) as { ids: { name: string }[] }).ids.map(({ name }) => name).join(""));
      return Promise.resolve(Response.json({ executions: [] }));
    });
    store.want([{ id, closure: { phase: "RUNNING" } }, { id: { ...id, name: "f" }, closure: { phase: "RUNNING" } }], ["metrics.loss"]);
    await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(1));
    close = followChanges(client);
    const source = await FakeSource.next();
    source.open();
    source.say({ measured: [{ ...id, name: "f" }, { ...id, name: "elsewhere" }] });
    await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(2), { timeout: 3000 });
    source.say({ many_measured: true });
    await vi.waitFor(() => expect(said.mock.calls.flat()).toEqual(["ef", "f", "ef"]), { timeout: 3000 });
    leave();
  });

  test("is not read on a page that shows none of it", async () => {
    const client = new QueryClient();
    const list = shown(client);
    await vi.waitFor(() => expect(list.phase()).toBe("RUNNING"));
    close = followChanges(client, { isQuiet: true });
    const source = await FakeSource.next();
    source.open();
    source.say({ ready: true, entities: true });
    source.say({ executions: [{ ...id, phase: "FAILED" }] });
    await vi.waitFor(() => expect(list.phase()).toBe("FAILED"));
    expect(list.read).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(client.getQueryCache().findAll({ stale: true, queryKey: executionKeys.lists })).toHaveLength(1), { timeout: 2000 });
    list.leave();
  });
});
