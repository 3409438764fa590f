import type { components } from "@/idl/openapi";

type Schemas = components["schemas"];
type Expression = Schemas["flyteidl.core.BooleanExpression"];
type Operand = Schemas["flyteidl.core.Operand"];

const SIGNS: Record<string, string> = { EQ: "=", NEQ: "≠", GT: ">", GTE: "≥", LT: "<", LTE: "≤" };
const DEEPEST = 6;

/** A condition as one would write it: "n0.o0 > 5". */
export function conditionInWords(expression: Expression | undefined, depth = 0): string {
  if (!expression || depth > DEEPEST) return "…";
  const { comparison, conjunction } = expression;
  if (comparison) {
    const sign = SIGNS[comparison.operator ?? "EQ"] ?? comparison.operator ?? "=";
    return `${operandInWords(comparison.left_value)} ${sign} ${operandInWords(comparison.right_value)}`;
  }
  if (conjunction) {
    const sides = [conjunction.left_expression, conjunction.right_expression].map((side) => conditionInWords(side, depth + 1));
    return `(${sides.join(conjunction.operator === "OR" ? " or " : " and ")})`;
  }
  return "…";
}

function operandInWords(operand: Operand | undefined): string {
  if (!operand) return "…";
  if (operand.var) return operand.var;
  const value = operand.primitive ?? operand.scalar?.primitive;
  if (!value) return "nothing";
  const found = Object.values(value)[0];
  return value.string_value === undefined ? String(found ?? 0) : JSON.stringify(value.string_value);
}
