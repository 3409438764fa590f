// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { FakeLocks } from "@/testing/browser";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Another window of the same browser: modules of its own, the same locks. */
async function window_() {
  vi.resetModules();
  return import("./slots");
}

test("windows share five slots, and one that is used takes another's", async () => {
  const locks = FakeLocks.install();
  const [one, other] = [await window_(), await window_()];
  const held = await Promise.all([1, 2, 3].map(() => one.slot(false)));
  const more = [await other.slot(false), await other.slot(false)];
  expect([...held, ...more].every(Boolean)).toBe(true);
  expect(locks.names).toHaveLength(5);
  expect(await other.slot(false)).toBeUndefined();
  const lost = Promise.race(held.map(async (each, at) => (await each?.lost, at)));
  expect(await other.slot(true)).toBeDefined();
  expect(await lost).toBeGreaterThanOrEqual(0);
  expect(locks.names).toHaveLength(5);
});

test("a window that waits hears when a slot is free", async () => {
  FakeLocks.install();
  const [one, other] = [await window_(), await window_()];
  const held = await Promise.all([1, 2, 3, 4, 5].map(() => one.slot(false)));
  const freed = other.slotFreed(new AbortController().signal);
  held[2]?.release();
  await freed;
  await vi.waitFor(async () => expect(await other.slot(false)).toBeDefined());
});

test("where a page has no locks streams are not counted", async () => {
  vi.stubGlobal("navigator", {});
  const { slot } = await window_();
  expect(await Promise.all(Array.from({ length: 9 }, () => slot(false)))).toHaveLength(9);
});
