import { describe, expect, it } from "vitest";
import type { ComparedExecution, Literal } from "@/idl";
import { bestOf, betterEnd, shareOf, tableRows } from "./best";
import { compareExecutions } from "./table";

const float = (value: number | "NaN"): Literal => ({ scalar: { primitive: { float_value: value } } });
const words = (value: string): Literal => ({ scalar: { primitive: { string_value: value } } });

function run(rate: number, score: number | "NaN", told: Record<string, number>): ComparedExecution {
  return {
    inputs: { literals: { rate: float(rate), same: float(1) } },
    outputs: { literals: { accuracy: float(score), report: words(`r${rate}`) } },
    metrics: [{ node_id: "n0", metrics: Object.entries(told).map(([name, last]) => ({ name, last })), parameters: [{ name: "rate", value: String(rate) }] }],
    execution: { closure: { duration: `${rate}s` } },
  };
}

const rows = (...runs: ComparedExecution[]) => tableRows(compareExecutions(runs));

describe("which end is better", () => {
  it.each([
    ["loss", "low"],
    ["train.val_loss", "low"],
    ["testRMSE", "low"],
    ["accuracy", "high"],
    ["eval/f1", "high"],
    ["score", "high"],
    ["glossary", undefined],
    ["epochs", undefined],
  ])("of %s is %s", (name, end) => {
    expect(betterEnd(name)).toBe(end);
  });
});

describe("columns of the table", () => {
  it("begin with what came out, and say nothing twice", () => {
    const found = rows(run(0.1, 0.5, { loss: 2 }), run(0.2, 0.7, { loss: 1 }));
    expect(found.map(({ key }) => key)).toEqual(["metrics:loss", "outputs:accuracy", "inputs:rate", "outputs:report", "durations:the whole execution"]);
  });
  it("keep results that are the same in all", () => {
    expect(rows(run(0.1, 0.5, { loss: 2 }), run(0.2, 0.5, { loss: 2 })).map(({ key }) => key)).toContain("metrics:loss");
  });
});

describe("the best", () => {
  it("is the least of a loss and the largest of an accuracy, whatever is not a number", () => {
    const [loss, accuracy] = rows(run(0.1, "NaN", { loss: 2 }), run(0.2, 0.7, { loss: 1 }), run(0.3, 0.6, { loss: 3 }));
    expect(loss && bestOf(loss)).toBe(1);
    expect(accuracy?.name).toBe("accuracy");
    expect(accuracy && bestOf(accuracy)).toBe(0.7);
  });
  it("is none where a name does not say, or all have the same", () => {
    const found = rows(run(0.1, 0.5, { epochs: 2 }), run(0.2, 0.5, { epochs: 1 }));
    expect(found.map((row) => bestOf(row))).toEqual(found.map(() => undefined));
  });
  it("has the whole bar where it is the largest", () => {
    const [loss] = rows(run(0.1, 0.5, { loss: 2 }), run(0.2, 0.7, { loss: 1 }), run(0.3, 0.7, { loss: 1.5 }));
    expect(loss?.cells.map((cell) => shareOf(loss, cell))).toEqual([1, 0, 0.5]);
  });
});
