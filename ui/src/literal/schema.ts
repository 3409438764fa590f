import type { LiteralType } from "@/idl";
import { isMap, plainOf, type Plain, type PlainMap } from "./plain";
import { lazy, typeWords, type FieldShape, type Shape, type Variant } from "./shape";

const REFERENCES = 30; // followed in one go; a schema that only refers to itself says nothing
const NOTHING: PlainMap = new Map();

/** Where a schema stands: what its references are looked up in. */
interface Place {
  root: PlainMap;
}

/** The shape of what a JSON schema describes, as a value of it lies inside a record. `type` is what the wire's type says of it, if anything. */
export function shapeOfSchema(schema: unknown, type?: LiteralType): Shape {
  const root = plainOf(schema);
  const found = isMap(root) ? root : NOTHING;
  return shapeOf(found, { root: found }, type);
}

function shapeOf(schema: PlainMap, place: Place, type: LiteralType | undefined): Shape {
  const known = type && fromType(type);
  if (known) return known;
  const merged = resolve(schema, place);
  const choices = list(merged, "enum") ?? (merged.has("const") ? [merged.get("const") ?? null] : undefined);
  const variants = variantsOf(merged);
  if (variants) return union(variants, place, type);
  if (choices?.length) return choice(choices);
  return byType(merged, place, type) ?? (type && fallback(type)) ?? { kind: "json", words: text(merged, "title") || "JSON" };
}

/** What lies elsewhere is known by the wire's type alone. */
function fromType(type: LiteralType): Shape | undefined {
  const words = typeWords(type);
  if (type.blob) return { kind: "file", isFolder: type.blob.dimensionality === "MULTIPART", format: type.blob.format ?? "", words };
  if (type.structured_dataset_type) return { kind: "frame", format: type.structured_dataset_type.format ?? "", columns: [], words };
  return undefined;
}

/** A record whose fields the wire's type names though no schema does. */
function fallback(type: LiteralType): Shape | undefined {
  const named = type.structure?.dataclass_type;
  if (type.metadata && (type.metadata["properties"] || type.metadata["$ref"])) return shapeOfSchema(type.metadata, { ...type, metadata: undefined });
  if (named && Object.keys(named).length) return record(new Map(), { root: NOTHING }, type);
  switch (type.simple) {
    case "INTEGER": return { kind: "integer", words: "int" };
    case "FLOAT": return { kind: "float", words: "float" };
    case "STRING": return { kind: "string", words: "str" };
    case "BOOLEAN": return { kind: "boolean", words: "bool" };
    case "DATETIME": return { kind: "datetime", words: "datetime" };
    case "DURATION": return { kind: "duration", words: "timedelta" };
    case "NONE": return { kind: "none", words: "None" };
    default: return undefined;
  }
}

/** A schema with its references followed and what must hold all together put into one. */
function resolve(schema: PlainMap, place: Place): PlainMap {
  let merged = schema;
  for (let times = 0; times < REFERENCES; times++) {
    const reference = merged.get("$ref");
    const all = list(merged, "allOf");
    if (typeof reference !== "string" && !all) return merged;
    const next = new Map<string, Plain>();
    const parts = typeof reference === "string" ? [lookUp(reference, place.root)] : (all ?? []).map((each) => (isMap(each) ? resolveOnce(each, place) : NOTHING));
    for (const part of parts) absorb(next, part);
    absorb(next, new Map([...merged].filter(([name]) => name !== (typeof reference === "string" ? "$ref" : "allOf"))));
    merged = next;
  }
  return NOTHING;
}

function resolveOnce(schema: PlainMap, place: Place): PlainMap {
  const reference = schema.get("$ref");
  return typeof reference === "string" ? lookUp(reference, place.root) : schema;
}

function absorb(into: Map<string, Plain>, part: PlainMap): void {
  for (const [name, value] of part) {
    const had = into.get(name);
    if (name === "properties" && isMap(had) && isMap(value)) into.set(name, new Map([...had, ...value]));
    else if (name === "required" && Array.isArray(had) && Array.isArray(value)) into.set(name, [...(had as Plain[]), ...(value as Plain[])]);
    else into.set(name, value);
  }
}

/** What "#/$defs/Name" points to. */
function lookUp(reference: string, root: PlainMap): PlainMap {
  let at: Plain | undefined = root;
  for (const part of reference.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    at = isMap(at) ? at.get(decoded(part)) : undefined;
  }
  return isMap(at) ? at : NOTHING;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}

function variantsOf(schema: PlainMap): PlainMap[] | undefined {
  const several = list(schema, "anyOf") ?? list(schema, "oneOf");
  if (several) return several.map((each) => (isMap(each) ? each : NOTHING));
  const types = list(schema, "type");
  return types?.map((each) => new Map([...schema, ["type", each]]));
}

function union(schemas: readonly PlainMap[], place: Place, type: LiteralType | undefined): Shape {
  const hints = type?.union_type?.variants;
  const nested = schemas.map((schema, at): Variant => {
    const merged = resolve(schema, place);
    const hint = hints?.length === schemas.length ? hints[at] : undefined;
    // A union in a union is followed no further than its name: it may be its own.
    const shape: Shape = variantsOf(merged) ? { kind: "json", words: text(merged, "title") || "JSON" } : shapeOf(merged, place, hint);
    return { shape };
  });
  const [only] = nested;
  if (only && nested.length === 1) return only.shape;
  const objects = nested.filter((each) => ["record", "map", "file", "frame"].includes(each.shape.kind));
  const variants = objects.length > 1 ? nested.map((each) => (objects.includes(each) ? { ...each, key: each.shape.words.replace(/^.*\./, "") } : each)) : nested;
  return { kind: "union", variants, words: [...new Set(variants.map((each) => each.shape.words))].join(" | ") };
}

function choice(choices: readonly Plain[]): Shape {
  const isInteger = choices.every((each) => typeof each === "number" || typeof each === "bigint");
  if (!isInteger && !choices.every((each) => typeof each === "string")) return { kind: "json", words: "JSON" };
  const shown = choices.map(String);
  return { kind: "choice", choices: shown, isInteger, words: shown.map((each) => (isInteger ? each : `'${each}'`)).join(" | ") };
}

function byType(schema: PlainMap, place: Place, type: LiteralType | undefined): Shape | undefined {
  const format = text(schema, "format");
  switch (schema.get("type")) {
    case "integer": return { kind: "integer", words: "int" };
    case "number": return format === "time-delta" ? { kind: "duration", words: "timedelta" } : { kind: "float", words: "float" };
    case "boolean": return { kind: "boolean", words: "bool" };
    case "null": return { kind: "none", words: "None" };
    case "string":
      if (format === "date-time") return { kind: "datetime", words: "datetime" };
      return format === "date" ? { kind: "day", words: "date" } : { kind: "string", words: "str" };
    case "array": return array(schema, place, type);
    case "object": return object(schema, place, type);
    default: return isMap(schema.get("properties")) ? record(schema, place, type) : undefined;
  }
}

function array(schema: PlainMap, place: Place, type: LiteralType | undefined): Shape {
  const parts = list(schema, "prefixItems") ?? list(schema, "items");
  if (parts) {
    const made = parts.map((part, at): FieldShape => {
      const of = isMap(part) ? part : NOTHING;
      const title = text(of, "title") || String(at);
      return { name: title, shape: lazy(() => shapeOf(of, place, type?.structure?.dataclass_type?.[title])), isRequired: true, description: text(of, "description") };
    });
    return { kind: "tuple", parts: made, words: text(schema, "title") || "tuple" };
  }
  const items = schema.get("items");
  const item = lazy(() => shapeOf(isMap(items) ? items : NOTHING, place, type?.collection_type));
  return { kind: "list", item, words: type?.collection_type ? typeWords(type) : `list[${wordsOf(items, place)}]` };
}

function object(schema: PlainMap, place: Place, type: LiteralType | undefined): Shape {
  const other = schema.get("additionalProperties");
  if (isMap(schema.get("properties"))) return record(schema, place, type);
  if (isMap(other)) {
    const item = lazy(() => shapeOf(other, place, type?.map_value_type));
    return { kind: "map", item, words: type?.map_value_type ? typeWords(type) : `dict[str, ${wordsOf(other, place)}]` };
  }
  return (type && fallback(type)) ?? { kind: "json", words: text(schema, "title") || "dict" };
}

function record(schema: PlainMap, place: Place, type: LiteralType | undefined): Shape {
  const hints = type?.structure?.dataclass_type ?? {};
  const properties = schema.get("properties");
  const named = isMap(properties) ? properties : new Map<string, Plain>(Object.keys(hints).map((name) => [name, NOTHING]));
  const required = (list(schema, "required") ?? (isMap(properties) ? [] : [...named.keys()])).map(String);
  // A schema comes as a protobuf map, which has no order; the list of what is required has that of the class.
  const rank = (name: string) => (required.includes(name) ? required.indexOf(name) : required.length);
  const ordered = [...named].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const fields = ordered.map(([name, each]): FieldShape => {
    const of = isMap(each) ? each : NOTHING;
    const fallbackOf = of.has("default") ? of.get("default") : undefined;
    const hint = Object.hasOwn(hints, name) ? hints[name] : undefined;
    return { name, shape: lazy(() => shapeOf(of, place, hint)), isRequired: required.includes(name), default: fallbackOf, description: text(of, "description") };
  });
  return { kind: "record", fields, words: text(schema, "title") || (type ? typeWords(type) : "dict") };
}

/** A name for what lies inside, without looking further. */
function wordsOf(schema: Plain | undefined, place: Place): string {
  if (!isMap(schema)) return "JSON";
  const merged = resolve(schema, place);
  const simple = byType(new Map([...merged].filter(([name]) => name === "type" || name === "format")), place, undefined);
  return text(merged, "title") || (simple && simple.kind !== "list" && simple.kind !== "json" ? simple.words : "JSON");
}

function text(schema: PlainMap, name: string): string {
  const found = schema.get(name);
  return typeof found === "string" ? found : "";
}

function list(schema: PlainMap, name: string): readonly Plain[] | undefined {
  const found = schema.get(name);
  return Array.isArray(found) ? (found as readonly Plain[]) : undefined;
}
