// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { useConnection } from "./connection";
import { FakeLocks, FakeSource } from "@/testing/browser";
import { openStream } from "./stream";

const state = vi.hoisted(() => ({ read: (() => ({ state: "" })) }));
// Whether the page says that it is cut off, without a page.
vi.mock("react", () => ({
  useSyncExternalStore: (_: unknown, read: () => { state: string }) => {
    state.read = read;
    return read();
  },
}));

let close: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "Date"] });
  FakeSource.install();
  FakeLocks.install();
  useConnection();
});
afterEach(() => {
  close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const said = () => state.read().state;

function listen(url = "/changes") {
  const heard: unknown[] = [];
  const refused = vi.fn();
  close = openStream(url, { onMessage: (message) => heard.push(message), onRefused: refused });
  return { heard, refused };
}

describe("a stream", () => {
  test("that misses its beats is lost, and caught up with when it is back", async () => {
    const { heard } = listen();
    const first = await FakeSource.next();
    first.open();
    first.emit("beat", { every_ms: 5000 });
    first.say(1);
    await vi.advanceTimersByTimeAsync(9000);
    first.emit("beat", { every_ms: 5000 });
    await vi.advanceTimersByTimeAsync(9000);
    expect([said(), first.isClosed]).toEqual(["whole", false]);
    await vi.advanceTimersByTimeAsync(1500);
    expect([said(), first.isClosed]).toEqual(["lost", true]);
    await vi.advanceTimersByTimeAsync(1000);
    const second = await FakeSource.next();
    expect(said()).toBe("lost");
    second.open();
    second.say(2);
    expect([said(), heard]).toEqual(["whole", [1, 2]]);
  });

  test("of a server that does not beat is not lost by silence", async () => {
    listen();
    const source = await FakeSource.next();
    source.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said()).toBe("whole");
  });

  test("that is not answered is tried again", async () => {
    listen();
    const source = await FakeSource.next();
    await vi.advanceTimersByTimeAsync(16_000);
    expect([said(), source.isClosed]).toEqual(["lost", true]);
    (await FakeSource.next()).open();
    expect(said()).toBe("whole");
  });

  test("that hung is made anew when another is heard again", async () => {
    listen("/one");
    const closeOne = close;
    const one = await FakeSource.next();
    one.open();
    one.emit("beat", { every_ms: 1000 });
    listen("/other");
    const other = await FakeSource.next();
    other.open();
    await vi.advanceTimersByTimeAsync(3000);
    expect([one.isClosed, other.isClosed]).toEqual([true, false]);
    (await FakeSource.next()).open();
    await vi.waitFor(() => expect(other.isClosed).toBe(true));
    expect((await FakeSource.next()).url).toBe("/other");
    closeOne();
  });

  test("that breaks off is lost, and refused if the server says so", async () => {
    const { refused } = listen();
    (await FakeSource.next()).fail();
    await vi.waitFor(() => expect(said()).toBe("lost"));
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 404 })));
    await vi.advanceTimersByTimeAsync(600);
    (await FakeSource.next()).fail();
    await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
    expect(said()).toBe("whole");
  });
});
