import { describe, expect, it } from "vitest";
import { filterCount, readFilters, toSearch } from "./executionSearch";

describe("filters in the address", () => {
  it("drops what is no filter", () => {
    const read = readFilters({ phases: ["FAILED", "<b>"], within: "2 years", min: "x", since: "yesterday", users: 7, archived: "yes" });
    expect(filterCount(read)).toBe(2);
    expect(read).toMatchObject({ phases: ["FAILED"], users: ["7"] });
  });
  it("has columns beside them that filter nothing", () => {
    const read = readFilters({ columns: ["inputs.x", "<b>", "metrics.loss", 7] });
    expect(read.columns).toEqual(["inputs.x", "metrics.loss"]);
    expect(filterCount(read)).toBe(0);
    expect(JSON.stringify(toSearch(read, "a", "b"))).not.toContain("loss");
    expect(readFilters({ columns: [] }).columns).toBeUndefined();
    expect([readFilters({ columns: ["inputs.x"], by: "-inputs.x" }).by, readFilters({ columns: ["inputs.y"], by: "-inputs.x" }).by]).toEqual(["-inputs.x", undefined]);
  });
  it("asks the server in its units", () => {
    const search = toSearch(readFilters({ min: 1.5, max: 60, plan: "p", within: "1h", since: "2026-01-01T00:00:00Z" }), "a", "b");
    expect(search).toMatchObject({ project: "a", min_duration_us: 1_500_000, max_duration_us: 60_000_000, launch_plan: "p", within_s: 3600 });
    expect(search.created_after).toBeUndefined();
  });
});
