import type { Literal, LiteralType } from "@/idl";
import { columnsOf } from "./shape";

/** Whether a value of `have` may be given where `want` is expected; the server has the last word. */
export function fits(have: LiteralType, want: LiteralType): boolean {
  if (have.union_type) return (have.union_type.variants ?? []).every((each) => fits(each, want));
  if (want.union_type) return (want.union_type.variants ?? []).some((each) => fits(have, each));
  if (have.simple !== undefined || want.simple !== undefined) return isText(have) && isText(want) ? true : have.simple === want.simple && isSameRecord(have, want);
  if (have.collection_type && want.collection_type) return fits(have.collection_type, want.collection_type);
  if (have.map_value_type && want.map_value_type) return fits(have.map_value_type, want.map_value_type);
  if (have.blob && want.blob) return (!have.blob.format || !want.blob.format || have.blob.format === want.blob.format) && have.blob.dimensionality === want.blob.dimensionality;
  if (have.enum_type && want.enum_type) return true;
  return columnsOf(have) !== undefined && columnsOf(want) !== undefined;
}

function isText(type: LiteralType): boolean {
  return type.simple === "STRING" || type.enum_type !== undefined;
}

function isSameRecord(have: LiteralType, want: LiteralType): boolean {
  const wanted = want.metadata?.["properties"];
  const had = have.metadata?.["properties"];
  if (have.simple !== "STRUCT" || !isObject(wanted) || !isObject(had)) return true;
  return Object.keys(wanted).every((name) => Object.hasOwn(had, name));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A literal of type `have` as one of `want`: a union says which variant it holds. */
export function asType(literal: Literal, have: LiteralType, want: LiteralType): Literal {
  if (!want.union_type || literal.scalar?.union) return literal;
  const variant = (want.union_type.variants ?? []).find((each) => fits(have, each));
  return variant ? { scalar: { union: { value: literal, type: variant } }, ...(literal.hash ? { hash: literal.hash } : {}) } : literal;
}
