import type { Literal, LiteralType } from "@/idl";
import { parseJson } from "./json";
import { encodeMsgpack } from "./msgpack";
import { base64Of, bytesOf, structOf, type Plain } from "./plain";
import { durationWire, floatWire, isoformat, parseDay, parseDuration, parseFloating, parseInstant, parseInteger, secondsOf, Wrong } from "./scalar";
import type { FieldShape, Shape, Variant } from "./shape";
import { isMsgpack } from "./type";
import type { Value } from "./value";

/** What is wrong, and where: `path` is empty for the whole, else names and positions joined by dots. */
export interface Problem {
  path: string;
  message: string;
  /** Nothing was given yet: not worth saying before somebody tries to launch. */
  isMissing: boolean;
}

export type Written<T> = { value: T; problems: readonly [] } | { value: undefined; problems: readonly Problem[] };

/** The literal of what a form holds, or everything that is wrong with it. */
export function writeLiteral(shape: Shape, value: Value): Written<Literal> {
  const problems: Problem[] = [];
  const made = literal(shape, value, new Place("", problems));
  return made !== undefined && problems.length === 0 ? { value: made, problems: [] } : { value: undefined, problems };
}

/** A value as it lies inside a record, as far as it goes: what is missing or wrong is left out, in lists null. */
export function draftPlain(shape: Shape, value: Value): Plain | undefined {
  return plain(shape, value, new Place("", []));
}

class Place {
  constructor(
    readonly path: string,
    private readonly problems: Problem[],
  ) {}

  inside(part: string | number): Place {
    return new Place(this.path ? `${this.path}.${part}` : String(part), this.problems);
  }

  missing(shape: Shape): undefined {
    this.problems.push({ path: this.path, message: `Required: ${shape.words}`, isMissing: true });
  }

  wrong(message: string): undefined {
    this.problems.push({ path: this.path, message, isMissing: false });
  }

  /** What `make` gives; what it throws is what is wrong. */
  attempt<T>(make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (error instanceof Wrong || error instanceof RangeError || error instanceof SyntaxError) return this.wrong(error.message);
      return this.wrong("This cannot be read");
    }
  }
}

type Primitive = NonNullable<NonNullable<Literal["scalar"]>["primitive"]>;
const primitive = (value: Primitive): Literal => ({ scalar: { primitive: value } });

function literal(shape: Shape, value: Value, place: Place): Literal | undefined {
  const type = shape.type;
  if (value.form === "literal") return value.literal;
  if (value.form === "unset" || !type) return place.missing(shape);
  if (type.simple === "STRUCT") return struct(shape, type, value, place);
  switch (value.form) {
    case "text": return fromText(shape, value.text, place);
    case "list": {
      if (shape.kind !== "list") return place.missing(shape);
      const literals = value.items.map((each, at) => literal(shape.item(), each.value, place.inside(at)));
      return { collection: { literals: literals.filter((each) => each !== undefined) } };
    }
    case "map": return map(shape, value.entries, place);
    case "union": return union(shape, value, place);
    case "stored": return stored(shape, type, value, place);
    default: return place.wrong(`Expected ${shape.words}`);
  }
}

function map(shape: Shape, entries: Extract<Value, { form: "map" }>["entries"], place: Place): Literal | undefined {
  if (shape.kind !== "map") return place.missing(shape);
  const literals: Record<string, Literal> = Object.create(null) as Record<string, Literal>;
  for (const [at, entry] of entries.entries()) {
    const here = place.inside(at);
    if (Object.hasOwn(literals, entry.name)) here.wrong(`The key "${entry.name}" is there twice`);
    const made = literal(shape.item(), entry.value, here);
    if (made) literals[entry.name] = made;
  }
  return { map: { literals } };
}

function union(shape: Shape, value: Extract<Value, { form: "union" }>, place: Place): Literal | undefined {
  const variant = shape.kind === "union" ? shape.variants[value.variant] : undefined;
  if (!variant) return place.missing(shape);
  const made = literal(variant.shape, value.value, place);
  return made && { scalar: { union: { value: made, type: variant.shape.type } }, ...(made.hash ? { hash: made.hash } : {}) };
}

function fromText(shape: Shape, text: string, place: Place): Literal | undefined {
  if (text === "" && shape.kind !== "string" && shape.kind !== "binary") return place.missing(shape);
  return place.attempt((): Literal => {
    switch (shape.kind) {
      case "integer": return primitive({ integer: parseInteger(text).toString() });
      case "float": return primitive({ float_value: floatWire(parseFloating(text)) });
      case "string": return primitive({ string_value: wellFormed(text) });
      case "boolean": return primitive({ boolean: truth(text) });
      case "datetime": return primitive({ datetime: parseInstant(text) });
      case "duration": return primitive({ duration: durationWire(parseDuration(text)) });
      case "none": return { scalar: { none_type: {} } };
      case "choice": return shape.isInteger ? primitive({ integer: chosen(shape.choices, text) }) : primitive({ string_value: chosen(shape.choices, text) });
      case "binary": return { scalar: { binary: { value: base64Of(asBytes(text)) } } };
      default: return rawLiteral(text);
    }
  });
}

/** A literal as JSON, as the API has it. */
function rawLiteral(text: string): Literal {
  parseJson(text); // its message says where
  const found: unknown = JSON.parse(text);
  const isLiteral = typeof found === "object" && found !== null && ["scalar", "collection", "map", "offloaded_metadata"].some((name) => name in found);
  if (!isLiteral) throw new Wrong('A literal is expected, such as {"scalar": {"primitive": {"integer": "1"}}}');
  return found;
}

function asBytes(text: string): Uint8Array {
  try {
    return bytesOf(text.trim());
  } catch {
    throw new Wrong("Base64 is expected, such as aGVsbG8=");
  }
}

function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new Wrong("This text has half a character in it, which UTF-8 cannot say");
  return text;
}

function truth(text: string): boolean {
  if (text !== "true" && text !== "false") throw new Wrong("Choose true or false");
  return text === "true";
}

function chosen(choices: readonly string[], text: string): string {
  if (!choices.includes(text)) throw new Wrong(`Choose one of ${choices.join(", ")}`);
  return text;
}

type Stored = Extract<Value, { form: "stored" }>;

function stored(shape: Shape, type: LiteralType, value: Stored, place: Place): Literal | undefined {
  const uri = value.uri.trim();
  if (!uri) return place.missing(shape);
  const hash = value.hash ? { hash: value.hash } : {};
  if (shape.kind === "file") {
    const kind = { format: shape.format || value.format, dimensionality: shape.isFolder ? ("MULTIPART" as const) : ("SINGLE" as const) };
    return { scalar: { blob: { uri, metadata: { type: kind } } }, ...hash };
  }
  if (type.schema) return { scalar: { schema: { uri, type: type.schema } }, ...hash };
  const kind = { ...type.structured_dataset_type, format: type.structured_dataset_type?.format || value.format };
  return { scalar: { structured_dataset: { uri, metadata: { structured_dataset_type: kind } } }, ...hash };
}

function struct(shape: Shape, type: LiteralType, value: Value, place: Place): Literal | undefined {
  const made = plain(shape, value, place);
  if (made === undefined) return undefined;
  return place.attempt((): Literal => {
    if (isMsgpack(type)) return { scalar: { binary: { value: base64Of(encodeMsgpack(made)), tag: "msgpack" } } };
    const generic = structOf(made);
    if (typeof generic !== "object" || generic === null || Array.isArray(generic)) throw new Wrong("A JSON object is expected");
    return { scalar: { generic: generic as Record<string, unknown> } };
  });
}

function plain(shape: Shape, value: Value, place: Place): Plain | undefined {
  switch (value.form) {
    case "unset": return place.missing(shape);
    case "plain": return value.plain;
    case "text": return plainText(shape, value.text, place);
    case "list": return value.items.map((each, at) => (shape.kind === "list" ? plain(shape.item(), each.value, place.inside(at)) : undefined) ?? null);
    case "map": return plainMap(shape, value.entries, place);
    case "record": {
      if (shape.kind === "record") return new Map(fields(shape.fields, value.fields, place));
      return shape.kind === "tuple" ? fields(shape.parts, value.fields, place).map(([, each]) => each) : place.missing(shape);
    }
    case "union": {
      const variant = shape.kind === "union" ? shape.variants[value.variant] : undefined;
      return variant ? keyed(variant, plain(variant.shape, value.value, place)) : place.missing(shape);
    }
    case "stored": return plainStored(shape, value, place);
    case "literal": return place.wrong("Another run's output can stand for the whole input only");
  }
}

function keyed(variant: Variant, made: Plain | undefined): Plain | undefined {
  return variant.key !== undefined && made instanceof Map ? new Map([["$type", variant.key], ...made]) : made;
}

function plainMap(shape: Shape, entries: Extract<Value, { form: "map" }>["entries"], place: Place): Plain | undefined {
  if (shape.kind !== "map") return place.missing(shape);
  const made = new Map<string, Plain>();
  for (const [at, entry] of entries.entries()) {
    if (made.has(entry.name)) place.inside(at).wrong(`The key "${entry.name}" is there twice`);
    made.set(entry.name, plain(shape.item(), entry.value, place.inside(at)) ?? null);
  }
  return made;
}

/** Fields in the order of the schema, so that a record has the same bytes whoever writes it. */
function fields(shapes: readonly FieldShape[], values: ReadonlyMap<string, Value>, place: Place): [string, Plain][] {
  const made: [string, Plain][] = [];
  for (const field of shapes) {
    const value = values.get(field.name);
    if (value === undefined && !field.isRequired) continue;
    const here = place.inside(field.name);
    const one = value === undefined ? here.missing(field.shape()) : plain(field.shape(), value, here);
    if (one !== undefined) made.push([field.name, one]);
  }
  return made;
}

function plainStored(shape: Shape, value: Stored, place: Place): Plain | undefined {
  const uri = value.uri.trim();
  if (!uri) return place.missing(shape);
  const made = new Map<string, Plain>(shape.kind === "file" ? [["path", uri]] : [["uri", uri], ["file_format", value.format || "parquet"]]);
  if (value.hash) made.set("hash", value.hash);
  return made;
}

function plainText(shape: Shape, text: string, place: Place): Plain | undefined {
  if (text === "" && shape.kind !== "string") return place.missing(shape);
  return place.attempt((): Plain => {
    switch (shape.kind) {
      case "integer": return parseInteger(text);
      case "float": return parseFloating(text);
      case "string": return wellFormed(text);
      case "boolean": return truth(text);
      case "datetime": return isoformat(parseInstant(text));
      case "day": return parseDay(text);
      case "duration": return secondsOf(parseDuration(text));
      case "none": return null;
      case "choice": return shape.isInteger ? BigInt(chosen(shape.choices, text)) : chosen(shape.choices, text);
      default: return parseJson(text);
    }
  });
}
