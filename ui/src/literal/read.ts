import type { Literal, LiteralType } from "@/idl";
import { decodeMsgpack } from "./msgpack";
import { bytesOf, floatText, isList, isMap, jsonText, wholeOf, type Plain, type PlainMap } from "./plain";
import { durationText, floatOf, nanosOfSeconds, parseDuration } from "./scalar";
import { typeWords, type FieldShape, type Shape, type Variant } from "./shape";
import { newKey, UNSET, type Value } from "./value";

/** The form of a literal. What does not fit the shape is kept as it is. */
export function fromLiteral(shape: Shape, literal: Literal): Value {
  try {
    return read(shape, literal) ?? { form: "literal", literal };
  } catch {
    // The server holds more than a form can say, such as a duration of more than 10000 years.
    return { form: "literal", literal };
  }
}

const text = (value: string): Value => ({ form: "text", text: value });

function read(shape: Shape, literal: Literal): Value | undefined {
  const scalar = literal.scalar;
  if (shape.kind === "union") return readUnion(shape.variants, literal);
  if (scalar?.union?.value) return read(shape, scalar.union.value);
  if (shape.type?.simple === "STRUCT") return readStruct(shape, literal);
  if (shape.kind === "list") return literal.collection && { form: "list", items: (literal.collection.literals ?? []).map((each) => ({ key: newKey(), value: fromLiteral(shape.item(), each) })) };
  if (shape.kind === "map") {
    return literal.map && { form: "map", entries: Object.entries(literal.map.literals ?? {}).map(([name, each]) => ({ key: newKey(), name, value: fromLiteral(shape.item(), each) })) };
  }
  if (!scalar) return undefined;
  if (shape.kind === "none") return scalar.none_type && text("null");
  if (shape.kind === "file") return scalar.blob && { form: "stored", uri: scalar.blob.uri ?? "", format: scalar.blob.metadata?.type?.format ?? "", hash: literal.hash ?? "" };
  if (shape.kind === "frame") return readFrame(literal);
  if (shape.kind === "binary") return scalar.binary && !scalar.binary.tag ? text(scalar.binary.value ?? "") : undefined;
  return scalar.primitive && readPrimitive(shape, scalar.primitive);
}

function readFrame(literal: Literal): Value | undefined {
  const { structured_dataset: frame, schema } = literal.scalar ?? {};
  if (schema) return { form: "stored", uri: schema.uri ?? "", format: "parquet", hash: literal.hash ?? "" };
  return frame && { form: "stored", uri: frame.uri ?? "", format: frame.metadata?.structured_dataset_type?.format ?? "", hash: literal.hash ?? "" };
}

type Primitive = NonNullable<NonNullable<Literal["scalar"]>["primitive"]>;

function readPrimitive(shape: Shape, primitive: Primitive): Value | undefined {
  const { integer, float_value: float, string_value: string, boolean, datetime, duration } = primitive;
  switch (shape.kind) {
    case "integer": return integer === undefined ? undefined : text(String(integer));
    case "float": return float === undefined ? undefined : text(floatText(floatOf(float)));
    case "string": return string === undefined ? undefined : text(string);
    case "boolean": return boolean === undefined ? undefined : text(String(boolean));
    case "datetime": return datetime === undefined ? undefined : text(datetime);
    case "duration": return duration === undefined ? undefined : text(durationText(parseDuration(duration)));
    case "choice": {
      const said = shape.isInteger ? integer : string;
      return said !== undefined && shape.choices.includes(String(said)) ? text(String(said)) : undefined;
    }
    default: return undefined;
  }
}

function readStruct(shape: Shape, literal: Literal): Value | undefined {
  const { binary, generic } = literal.scalar ?? {};
  if (generic) return fromPlain(shape, wholeOf(generic));
  if (binary?.tag !== "msgpack") return undefined;
  try {
    return fromPlain(shape, decodeMsgpack(bytesOf(binary.value ?? "")));
  } catch {
    return undefined;
  }
}

function readUnion(variants: readonly Variant[], literal: Literal): Value | undefined {
  const said = literal.scalar?.union;
  const inner = said?.value ?? literal;
  for (const at of candidates(variants, said?.type)) {
    const shape = variants[at]?.shape;
    const value = shape && read(shape, inner);
    if (value && value.form !== "literal") return { form: "union", variant: at, value };
  }
  return undefined;
}

/** The variants a union's literal may be of, the one that it names first. */
function candidates(variants: readonly Variant[], said: LiteralType | undefined): number[] {
  const rank = ({ shape }: Variant) => {
    if (!said) return 0;
    const isSameTag = shape.type?.structure?.tag === said.structure?.tag;
    const isSameWords = shape.words === typeWords(said);
    return (isSameTag ? 0 : 1) + (isSameWords ? 0 : 2);
  };
  return variants.map((_, at) => at).sort((a, b) => rank(variants[a] as Variant) - rank(variants[b] as Variant));
}

/** The form of a value as it lies in a record, or of a schema's default. What does not fit is kept as it is. */
export function fromPlain(shape: Shape, plain: Plain): Value {
  return plainValue(shape, plain) ?? { form: "plain", plain };
}

function plainValue(shape: Shape, plain: Plain): Value | undefined {
  const isNumber = typeof plain === "number" || typeof plain === "bigint";
  switch (shape.kind) {
    case "integer":
      if (typeof plain === "bigint") return text(plain.toString());
      return typeof plain === "number" && Number.isInteger(plain) ? text(BigInt(plain).toString()) : undefined;
    case "float": return isNumber ? text(floatText(Number(plain))) : undefined;
    case "string": case "datetime": case "day": return typeof plain === "string" ? text(plain) : undefined;
    case "boolean": return typeof plain === "boolean" ? text(String(plain)) : undefined;
    case "none": return plain === null ? text("null") : undefined;
    case "duration": return isNumber && Number.isFinite(Number(plain)) ? text(durationText(nanosOfSeconds(Number(plain)))) : undefined;
    case "choice": {
      const said = isNumber === shape.isInteger && (isNumber || typeof plain === "string") ? String(plain) : undefined;
      return said !== undefined && shape.choices.includes(said) ? text(said) : undefined;
    }
    case "list": return isList(plain) ? { form: "list", items: plain.map((each) => ({ key: newKey(), value: fromPlain(shape.item(), each) })) } : undefined;
    case "map": return isMap(plain) ? { form: "map", entries: [...plain].map(([name, each]) => ({ key: newKey(), name, value: fromPlain(shape.item(), each) })) } : undefined;
    case "record": return isMap(plain) ? plainRecord(shape.fields, plain) : undefined;
    case "tuple": return isList(plain) ? plainRecord(shape.parts, new Map(shape.parts.slice(0, plain.length).map((part, at) => [part.name, plain[at] ?? null]))) : undefined;
    case "file": return plainStored(plain, "path");
    case "frame": return plainStored(plain, "uri");
    case "union": return plainUnion(shape.variants, plain);
    case "json": return text(jsonText(plain, { indent: 2 }));
    default: return undefined;
  }
}

function plainRecord(fields: readonly FieldShape[], plain: PlainMap): Value | undefined {
  const made = new Map<string, Value>();
  for (const field of fields) {
    const found = plain.get(field.name);
    if (found !== undefined) made.set(field.name, fromPlain(field.shape(), found));
    else if (field.isRequired) made.set(field.name, UNSET);
  }
  // Fields that the schema does not know would be lost.
  return [...plain.keys()].every((name) => made.has(name)) ? { form: "record", fields: made } : undefined;
}

function plainStored(plain: Plain, name: string): Value | undefined {
  const found = isMap(plain) ? plain : new Map<string, Plain>([[name, plain]]);
  const uri = found.get(name);
  const said = (key: string) => (typeof found.get(key) === "string" ? (found.get(key) as string) : "");
  return typeof uri === "string" ? { form: "stored", uri, format: said("file_format"), hash: said("hash") } : undefined;
}

function plainUnion(variants: readonly Variant[], plain: Plain): Value | undefined {
  const key = isMap(plain) ? plain.get("$type") : undefined;
  const bare = isMap(plain) && variants.some((each) => each.key !== undefined && each.key === key) ? new Map([...plain].filter(([name]) => name !== "$type")) : plain;
  // A whole float is a float where one is welcome, and an int is none where an int is.
  const order = variants.map((_, at) => at).sort((a, b) => Number(isLoose(variants[a], plain)) - Number(isLoose(variants[b], plain)));
  for (const at of order) {
    const variant = variants[at];
    if (!variant || (bare !== plain && variant.key !== key)) continue;
    const value = plainValue(variant.shape, bare);
    if (value) return { form: "union", variant: at, value };
  }
  return undefined;
}

function isLoose(variant: Variant | undefined, plain: Plain): boolean {
  const kind = variant?.shape.kind;
  return kind === "json" || (kind === "integer" && typeof plain === "number") || (kind === "float" && typeof plain === "bigint") || kind === "duration";
}
