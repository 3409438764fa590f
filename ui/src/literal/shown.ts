import type { Literal, LiteralType } from "@/idl";
import { seconds } from "@/lib/time";
import { decodeMsgpack } from "./msgpack";
import { bytesOf, floatText, wholeOf, type Plain } from "./plain";
import { columnsOf, typeWords } from "./shape";

/** A literal as it is shown: what kind of thing it is, and what of it a reader wants to see. */
export type Shown =
  | { kind: "nothing" }
  | { kind: "text"; text: string }
  /** Exactly as it was written: an int beyond 2^53 keeps every digit. */
  | { kind: "number"; text: string }
  | { kind: "boolean"; value: boolean }
  | { kind: "instant"; iso: string }
  | { kind: "span"; seconds: number; text: string }
  | { kind: "tree"; value: Plain }
  | { kind: "bytes"; size: number; tag: string }
  | { kind: "file"; uri: string; isFolder: boolean; format: string }
  | { kind: "frame"; uri: string; format: string; columns: { name: string; type: string }[] }
  | { kind: "list"; items: Literal[]; inner: LiteralType | undefined }
  | { kind: "map"; entries: [string, Literal][]; inner: LiteralType | undefined }
  | { kind: "union"; words: string; value: Literal; type: LiteralType | undefined }
  | { kind: "offloaded"; uri: string; bytes: number; words: string }
  | { kind: "error"; message: string }
  /** Nothing this page knows: all of it. */
  | { kind: "unknown"; value: Plain };

export function shownOf(literal: Literal, type?: LiteralType): Shown {
  if (literal.collection) return { kind: "list", items: literal.collection.literals ?? [], inner: type?.collection_type };
  if (literal.map) return { kind: "map", entries: Object.entries(literal.map.literals ?? {}), inner: type?.map_value_type };
  const away = literal.offloaded_metadata;
  if (away) return { kind: "offloaded", uri: away.uri ?? "", bytes: Number(away.size_bytes ?? 0), words: typeWords(away.inferred_type ?? type) };
  return literal.scalar ? shownScalar(literal.scalar) : { kind: "unknown", value: wholeOf(literal) };
}

function shownScalar(scalar: NonNullable<Literal["scalar"]>): Shown {
  if (scalar.primitive) return shownPrimitive(scalar.primitive);
  if (scalar.none_type) return { kind: "nothing" };
  if (scalar.blob) {
    const type = scalar.blob.metadata?.type;
    return { kind: "file", uri: scalar.blob.uri ?? "", isFolder: type?.dimensionality === "MULTIPART", format: type?.format ?? "" };
  }
  if (scalar.binary) return shownBinary(scalar.binary.value ?? "", scalar.binary.tag ?? "");
  if (scalar.generic) return { kind: "tree", value: wholeOf(scalar.generic) };
  if (scalar.union) return { kind: "union", words: typeWords(scalar.union.type), value: scalar.union.value ?? {}, type: scalar.union.type };
  if (scalar.structured_dataset) {
    const type = scalar.structured_dataset.metadata?.structured_dataset_type;
    const columns = (type?.columns ?? []).map((each) => ({ name: each.name ?? "", type: typeWords(each.literal_type) }));
    return { kind: "frame", uri: scalar.structured_dataset.uri ?? "", format: type?.format ?? "", columns };
  }
  if (scalar.schema) {
    const columns = (columnsOf({ schema: scalar.schema.type ?? {} }) ?? []).map((name, at) => ({ name, type: scalar.schema?.type?.columns?.[at]?.type?.toLowerCase() ?? "" }));
    return { kind: "frame", uri: scalar.schema.uri ?? "", format: "parquet", columns };
  }
  if (scalar.error) return { kind: "error", message: scalar.error.message ?? "" };
  return { kind: "unknown", value: wholeOf(scalar) };
}

function shownPrimitive(primitive: NonNullable<NonNullable<Literal["scalar"]>["primitive"]>): Shown {
  const { integer, float_value: float, boolean, string_value: text, datetime, duration } = primitive;
  if (integer !== undefined) return { kind: "number", text: String(integer) };
  if (float !== undefined) return { kind: "number", text: typeof float === "number" ? floatText(float) : float };
  if (boolean !== undefined) return { kind: "boolean", value: boolean };
  if (datetime !== undefined) return { kind: "instant", iso: datetime };
  if (duration !== undefined) return { kind: "span", seconds: seconds(duration), text: duration };
  return text === undefined ? { kind: "nothing" } : { kind: "text", text };
}

function shownBinary(base64: string, tag: string): Shown {
  try {
    const bytes = bytesOf(base64);
    if (tag !== "msgpack") return { kind: "bytes", size: bytes.length, tag };
    try {
      return { kind: "tree", value: decodeMsgpack(bytes) };
    } catch {
      return { kind: "bytes", size: bytes.length, tag: "msgpack that could not be read" };
    }
  } catch {
    return { kind: "bytes", size: base64.length, tag: `${tag} that could not be read` };
  }
}

/** The name that a file of this address is saved under. */
export function fileName(uri: string): string {
  const path = uri.split(/[?#]/)[0] ?? "";
  return path.slice(path.replace(/\/+$/, "").lastIndexOf("/") + 1).replace(/\/+$/, "") || "file";
}

const IMAGES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml", bmp: "image/bmp", avif: "image/avif" };
const TEXTS = new Set(["txt", "md", "json", "jsonl", "yaml", "yml", "toml", "csv", "tsv", "log", "py", "sql", "xml", "html", "ini", "cfg", "sh"]);

function extension(name: string): string {
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
}

/** The media type of what a browser can show as an image; undefined for everything else. */
export function imageType(uri: string, format: string): string | undefined {
  return IMAGES[extension(fileName(uri))] ?? IMAGES[format.toLowerCase()];
}

export function isTextFile(uri: string, format: string): boolean {
  return TEXTS.has(extension(fileName(uri))) || TEXTS.has(format.toLowerCase());
}
