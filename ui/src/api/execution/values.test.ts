import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Execution, ExecutionPhase } from "@/idl";
import { tellMeasured, ValueStore } from "./values";

const row = (name: string, phase: ExecutionPhase = "SUCCEEDED"): Execution => ({ id: { project: "p", domain: "d", name }, closure: { phase } });

describe("values of rows that are looked at", () => {
  let store: ValueStore;
  let leave: () => void;
  let asked: { ids: { name: string }[]; inputs: string[]; metrics: string[] }[];
  let answer: () => Promise<Response>;
  const names = () => asked.map(({ ids }) => ids.map(({ name }) => name).join(""));

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    vi.stubGlobal("fetch", (_: string, { body }: { body: string }) => {
      const wanted = JSON.parse(body) as (typeof asked)[number];
      asked.push(wanted);
      return answer();
    });
    answer = () => Promise.resolve(Response.json({ executions: asked.at(-1)?.ids.map((id) => ({ id, metrics: [{ node_id: "n0", name: "loss", last: asked.length }] })) }));
    store = new ValueStore();
    leave = store.subscribe(() => undefined);
  });

  afterEach(() => {
    leave();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("are read once, those of all rows together; without columns none", async () => {
    store.want([row("a"), row("b")], []);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toEqual([]);
    store.want([row("a"), row("b")], ["metrics.loss", "inputs.x"]);
    await vi.advanceTimersByTimeAsync(5000);
    store.want([row("b"), row("c")], ["metrics.loss", "inputs.x"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(names()).toEqual(["ab", "c"]);
    expect(asked[0]).toMatchObject({ inputs: ["x"], metrics: ["loss"] });
    expect(store.of({ project: "p", domain: "d", name: "a" })?.metrics?.[0]?.last).toBe(1);
  });

  test("are read again when their execution is in another phase or has measured something, no more than once a second", async () => {
    store.want([row("a", "RUNNING"), row("b", "RUNNING"), row("c")], ["metrics.loss"]);
    await vi.advanceTimersByTimeAsync(100);
    for (let at = 0; at < 30; at++) {
      tellMeasured(new Set(["p/d/b", "p/d/c", "p/d/elsewhere"]));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(names().slice(0, 2)).toEqual(["abc", "b"]);
    expect(asked.length).toBeLessThanOrEqual(4);
    const before = asked.length;
    store.want([row("a", "SUCCEEDED"), row("b", "RUNNING"), row("c")], ["metrics.loss"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(names().slice(before).join("").replaceAll("b", "")).toBe("a");
    tellMeasured(new Set(["p/d/a"]));
    await vi.advanceTimersByTimeAsync(5000);
    expect(names().slice(before).join("").replaceAll("b", "")).toBe("a");
  });

  test("are read again when something is told between the first question and its answer", async () => {
    for (const told of [new Set(["p/d/a", "p/d/c"]), undefined]) {
      const before = asked.length;
      let give: (() => void) | undefined;
      const usual = answer;
      answer = () => new Promise((resolve) => (give = () => resolve(Response.json({ executions: [] }))));
      store.want([row(`a`, "RUNNING"), row("b", "RUNNING"), row("c")], [`metrics.loss${before}`]);
      await vi.advanceTimersByTimeAsync(100);
      tellMeasured(told);
      answer = usual;
      give?.();
      await vi.advanceTimersByTimeAsync(5000);
      expect(names().slice(before)).toEqual(["abc", told ? "a" : "ab"]);
    }
  });

  test("stay in sight while those of other columns are read", async () => {
    store.want([row("a")], ["metrics.loss"]);
    await vi.advanceTimersByTimeAsync(100);
    store.want([row("a")], ["metrics.loss", "inputs.x"]);
    expect(store.of(row("a").id)?.metrics).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(names()).toEqual(["a", "a"]);
  });

  test("are tried again a while after a failure, and what was not heard of is read anew", async () => {
    answer = () => Promise.reject(new TypeError("no"));
    store.want([row("a", "RUNNING"), row("b")], ["metrics.loss"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect([asked.length, Boolean(store.error)]).toEqual([1, true]);
    answer = () => Promise.resolve(Response.json({ executions: [] }));
    await vi.advanceTimersByTimeAsync(3000);
    expect([asked.length, store.error]).toEqual([2, undefined]);
    tellMeasured(undefined);
    await vi.advanceTimersByTimeAsync(3000);
    expect(names()).toEqual(["ab", "ab", "a"]);
  });

  test("of more rows than are asked for at once come one part after the other", async () => {
    store.want(Array.from({ length: 150 }, (_, at) => row(`x${at}`)), ["metrics.loss"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.map(({ ids }) => ids.length)).toEqual([100, 50]);
  });
});
