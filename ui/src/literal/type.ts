import type { LiteralType } from "@/idl";
import { shapeOfSchema } from "./schema";
import { columnsOf, lazy, typeWords, type Body, type Shape } from "./shape";

/** The shape of a value of a literal type. */
export function shapeOfType(type: LiteralType): Shape {
  return { ...bodyOf(type), type, words: typeWords(type) };
}

function bodyOf(type: LiteralType): Body {
  if (type.simple !== undefined) return simple(type);
  if (type.collection_type) return { kind: "list", item: inner(type.collection_type) };
  if (type.map_value_type) return { kind: "map", item: inner(type.map_value_type) };
  if (type.union_type) return { kind: "union", variants: (type.union_type.variants ?? []).map((each) => ({ shape: shapeOfType(each) })) };
  if (type.enum_type) return { kind: "choice", choices: type.enum_type.values ?? [], isInteger: false };
  if (type.blob) {
    // A pickle is written by Python alone.
    if (type.blob.format === "PythonPickle") return { kind: "raw" };
    return { kind: "file", isFolder: type.blob.dimensionality === "MULTIPART", format: type.blob.format ?? "" };
  }
  const columns = columnsOf(type);
  return columns ? { kind: "frame", columns, format: type.schema ? "parquet" : (type.structured_dataset_type?.format ?? "") } : { kind: "raw" };
}

function inner(type: LiteralType): () => Shape {
  return lazy(() => shapeOfType(type));
}

function simple(type: LiteralType): Body {
  switch (type.simple) {
    case "INTEGER": {
      const allowed = type.annotation?.annotations?.["literal_values"];
      return Array.isArray(allowed) && allowed.length ? { kind: "choice", choices: allowed.map(String), isInteger: true } : { kind: "integer" };
    }
    case "FLOAT": return { kind: "float" };
    case "STRING": return { kind: "string" };
    case "BOOLEAN": return { kind: "boolean" };
    case "DATETIME": return { kind: "datetime" };
    case "DURATION": return { kind: "duration" };
    case "NONE": return { kind: "none" };
    case "BINARY": return { kind: "binary" };
    case "STRUCT": return shapeOfSchema(type.metadata ?? {}, { ...type, metadata: undefined });
    default: return { kind: "raw" };
  }
}

/** Whether a STRUCT is written as msgpack, as today's SDKs say in its annotation; older ones read protobuf's Struct only. */
export function isMsgpack(type: LiteralType): boolean {
  const said = type.annotation?.annotations?.["cache-key-metadata"];
  return typeof said === "object" && said !== null && (said as Record<string, unknown>)["serialization-format"] === "msgpack";
}
