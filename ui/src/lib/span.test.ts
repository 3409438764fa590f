import { expect, it } from "vitest";
import { spanOf } from "./span";

const AT = Date.parse("2026-01-31T08:00:00Z");

it("ends its duration after its beginning", () => {
  expect(spanOf({ phase: "FAILED", started_at: "2026-01-31T08:00:00Z", updated_at: "2026-01-31T09:00:00Z", duration: "1.5s" })).toEqual({ startedAt: AT, endedAt: AT + 1500 });
});
it("has no end while it goes on", () => {
  expect(spanOf({ phase: "RUNNING", started_at: "2026-01-31T08:00:00Z", duration: "1.5s" })).toEqual({ startedAt: AT, endedAt: Number.NaN });
});
it("ends when it was last changed if it never began", () => {
  expect(spanOf({ phase: "ABORTED", updated_at: "2026-01-31T08:00:00Z" })).toEqual({ startedAt: Number.NaN, endedAt: AT });
});
