import { describe, expect, it } from "vitest";
import type { ComparedExecution, Literal } from "@/idl";
import { isGenerated, labelsOf } from "./names";
import { compareExecutions } from "./table";

const float = (value: number): Literal => ({ scalar: { primitive: { float_value: value } } });
const words = (value: string): Literal => ({ scalar: { primitive: { string_value: value } } });
const groups = (...inputs: Record<string, Literal>[]) => compareExecutions(inputs.map((literals): ComparedExecution => ({ inputs: { literals } })));
const GENERATED = ["acgvm4hq7h54zzl9jtyf", "aryldv6a8cnsu8pezhn3", "ai92uhtlgawbhygdsp2z"];

describe("labels of compared executions", () => {
  it("are the inputs that tell them apart, where nobody chose a name", () => {
    const compared = groups({ rate: float(0.1), depth: float(2), same: float(1) }, { rate: float(0.1), depth: float(3), same: float(1) }, { rate: float(0.3), depth: float(2), same: float(1) });
    expect(labelsOf(compared, GENERATED)).toEqual(["depth=2.0 rate=0.1", "depth=3.0 rate=0.1", "depth=2.0 rate=0.3"]);
  });
  it("take no more inputs than are needed, and none that is long or a file", () => {
    const file = (hash: string): Literal => ({ scalar: { blob: { uri: `s3://a/${hash}` } }, hash });
    const each = (at: number) => ({ data: file(`h${at}`), note: words(`n${at}`.repeat(20)), rate: float(at), other: float(2 * at) });
    expect(labelsOf(groups(each(1), each(2), each(3)), GENERATED)).toEqual(["other=2.0", "other=4.0", "other=6.0"]);
  });
  it("keep names that somebody chose", () => {
    const chosen = ["baseline", GENERATED[1] ?? "", "a-longer-name"];
    expect(labelsOf(groups({ rate: float(1) }, { rate: float(2) }, { rate: float(3) }), chosen)).toEqual(["baseline", "rate=2.0", "a-longer-name"]);
    expect(isGenerated("training-0")).toBe(false);
  });
  it("say which it is where inputs do not tell", () => {
    expect(labelsOf(groups({ rate: float(1) }, { rate: float(1) }, { rate: float(2) }), GENERATED)).toEqual(["rate=1.0 · acgvm4", "rate=1.0 · aryldv", "rate=2.0"]);
    expect(labelsOf(groups({ rate: float(1) }, { rate: float(1) }, {}), GENERATED)[2]).toBe("rate=–");
    expect(labelsOf(groups({}, {}, {}), GENERATED)).toEqual(GENERATED);
  });
});
