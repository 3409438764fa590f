import { describe, expect, it } from "vitest";
import type { Literal, LiteralType } from "@/idl";
import cases from "./cases.json" with { type: "json" };
import { commandText, fromLiteral, jsonOfLiteral, shapeOfType, writeLiteral, type Value } from "./index";
import { pythonText, Unsayable } from "./text";

// What the form makes of each case is kept in written.json, which tests/ui/test_cases.py reads back into Python: it is the judge of
// whether the value is still the same. `npx vitest run -u` writes it anew.

interface Case {
  name: string;
  type: LiteralType;
  literal: Literal;
  typed: { text: string }[];
  refused: string[];
}

const ALL = cases as unknown as Case[];

/** What a person types into the field: of a file its address, else text. */
function typed(type: LiteralType, text: string): Value {
  return type.blob ? { form: "stored", uri: text, format: "", hash: "" } : { form: "text", text };
}

function said(make: () => string): string | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}

describe("shared cases", () => {
  it.each(ALL.map((one) => [one.name, one] as const))("%s is read into the form and written again", (_, one) => {
    const shape = shapeOfType(one.type);
    expect(writeLiteral(shape, fromLiteral(shape, one.literal)).problems).toEqual([]);
  });

  it.each(ALL.flatMap((one) => one.refused.map((text) => [one.name, text, one] as const)))("%s refuses %j", (_, text, one) => {
    expect(writeLiteral(shapeOfType(one.type), typed(one.type, text)).problems).toHaveLength(1);
  });

  it("are what Python has checked", async () => {
    const written = ALL.map((one) => {
      const shape = shapeOfType(one.type);
      const literal = writeLiteral(shape, fromLiteral(shape, one.literal)).value ?? {};
      return {
        name: one.name,
        literal,
        typed: one.typed.map(({ text }) => writeLiteral(shape, typed(one.type, text)).value ?? null),
        command: said(() => commandText(literal, one.type)),
        python: said(() => pythonText(jsonOfLiteral(literal, one.type))),
      };
    });
    await expect(`${JSON.stringify(written, null, 1)}\n`).toMatchFileSnapshot("written.json");
  });
});

it.each(["struct by references that lead back", "record", "file"])("%s is edited as a form, not as a text", (name) => {
  const one = ALL.find((each) => each.name === name);
  const value = one && fromLiteral(shapeOfType(one.type), one.literal);
  expect(["record", "stored"]).toContain(value?.form);
});
