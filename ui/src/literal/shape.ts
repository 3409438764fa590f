import type { LiteralType } from "@/idl";
import type { Plain } from "./plain";

/**
 * What a form asks for: a literal type or a JSON schema, in one vocabulary. What lies inside is made when it is looked at, so that a
 * schema that contains itself ends wherever nobody opens it.
 */
export type Shape = Body & {
  /** The wire's type, where a literal is made; unset inside records, whose values are plain. */
  type?: LiteralType;
  /** As people write the type: `list[int]`, `int | None`, `Config`. */
  words: string;
};

export type Body =
  | { kind: "integer" | "float" | "string" | "boolean" | "datetime" | "day" | "duration" | "none" }
  /** One of these; `isInteger`: they are numbers. */
  | { kind: "choice"; choices: readonly string[]; isInteger: boolean }
  | { kind: "list" | "map"; item: () => Shape }
  | { kind: "tuple"; parts: readonly FieldShape[] }
  | { kind: "record"; fields: readonly FieldShape[] }
  | { kind: "union"; variants: readonly Variant[] }
  | { kind: "file"; isFolder: boolean; format: string }
  | { kind: "frame"; format: string; columns: readonly string[] }
  /** Any JSON. */
  | { kind: "json" }
  | { kind: "binary" }
  /** What has no form: given as a literal in JSON, or by another run's output. */
  | { kind: "raw" };

export interface FieldShape {
  name: string;
  shape: () => Shape;
  isRequired: boolean;
  default?: Plain;
  description: string;
}

export interface Variant {
  shape: Shape;
  /** What a record says under `$type` where a union has several objects; undefined: nothing need be said. */
  key?: string;
}

export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const WORDS = {
  NONE: "None", INTEGER: "int", FLOAT: "float", STRING: "str", BOOLEAN: "bool", DATETIME: "datetime", DURATION: "timedelta", BINARY: "bytes", ERROR: "error", STRUCT: "dict",
} as const;

/** A type as people write it: `list[int]`, `int | None`, `File[csv]`, `DataFrame[a, b]`, `'red' | 'blue'`. */
export function typeWords(type: LiteralType | undefined, depth = 0): string {
  if (!type || depth > 20) return "unknown";
  const inner = (each: LiteralType | undefined) => typeWords(each, depth + 1);
  if (type.simple !== undefined) {
    const title = type.metadata?.["title"];
    return type.simple === "STRUCT" && typeof title === "string" && title ? title : WORDS[type.simple];
  }
  if (type.collection_type) return `list[${inner(type.collection_type)}]`;
  if (type.map_value_type) return `dict[str, ${inner(type.map_value_type)}]`;
  if (type.union_type) return [...new Set((type.union_type.variants ?? []).map(inner))].join(" | ") || "nothing";
  if (type.enum_type) return (type.enum_type.values ?? []).map((value) => `'${value}'`).join(" | ") || "enum";
  if (type.blob) {
    if (type.blob.format === "PythonPickle") return "Pickle";
    const name = type.blob.dimensionality === "MULTIPART" ? "Directory" : "File";
    return type.blob.format ? `${name}[${type.blob.format}]` : name;
  }
  const columns = columnsOf(type);
  return columns ? (columns.length ? `DataFrame[${columns.join(", ")}]` : "DataFrame") : "unknown";
}

/** Names of a data frame's columns; undefined if the type is none. */
export function columnsOf(type: LiteralType): string[] | undefined {
  const columns = type.structured_dataset_type ? (type.structured_dataset_type.columns ?? []) : type.schema ? (type.schema.columns ?? []) : undefined;
  return columns?.map((column) => column.name ?? "");
}
