import { describe, expect, test } from "vitest";
import type { AttemptDetail } from "@/idl";
import { partsOf, type Part } from "./parts";

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const BEGIN = Date.parse("2026-01-01T00:00:00Z");

function randomAttempt(next: () => number): AttemptDetail {
  const us = () => String(next() < 0.3 ? 0 : Math.floor(next() ** 4 * 1e8));
  const hasEnded = next() < 0.7;
  const wall = next() * 200_000;
  return {
    created_at: new Date(BEGIN).toISOString(),
    ended_at: hasEnded ? new Date(BEGIN + wall).toISOString() : undefined,
    started_at: next() < 0.8 ? new Date(BEGIN + next() * wall).toISOString() : undefined,
    phase: hasEnded ? "SUCCEEDED" : next() < 0.5 ? "RUNNING" : "QUEUED",
    queued_us: us(),
    provisioning_us: us(),
    times: { import_us: us(), read_us: us(), run_us: us(), write_us: us() },
  };
}

const sum = (parts: readonly Part[]) => parts.reduce((all, part) => all + part.to - part.from, 0);

describe("the parts of an attempt", () => {
  test("sum to its wall clock, one behind the other, whatever the clocks said", () => {
    const next = random(7);
    for (let round = 0; round < 2000; round++) {
      const attempt = randomAttempt(next);
      const now = BEGIN + next() * 300_000;
      const parts = partsOf(attempt, now);
      const end = attempt.ended_at === undefined ? now : Date.parse(attempt.ended_at);
      expect(sum(parts)).toBeCloseTo(end - BEGIN, 3);
      let at = BEGIN;
      for (const part of parts) {
        expect(part.from).toBeCloseTo(at, 6);
        expect(part.to).toBeGreaterThan(part.from);
        at = part.to;
      }
    }
  });

  test("are those that the server measured, and what is left is reporting", () => {
    const attempt: AttemptDetail = { created_at: "2026-01-01T00:00:00Z", ended_at: "2026-01-01T00:00:01Z", queued_us: "100000", times: { run_us: 700000 } };
    expect(partsOf(attempt, 0).map((part) => [part.name, part.to - part.from])).toEqual([["queued", 100], ["running", 700], ["reporting", 200]]);
  });

  test("of one that waits and of one that runs go on to now", () => {
    const attempt: AttemptDetail = { created_at: "2026-01-01T00:00:00Z", phase: "QUEUED" };
    expect(partsOf(attempt, BEGIN + 500).map((part) => part.name)).toEqual(["queued"]);
    const running: AttemptDetail = { ...attempt, phase: "RUNNING", started_at: "2026-01-01T00:00:00.200Z" };
    expect(partsOf(running, BEGIN + 500).map((part) => [part.name, part.to - BEGIN])).toEqual([["queued", 200], ["running", 500]]);
    expect(partsOf({}, 0)).toEqual([]);
  });
});
