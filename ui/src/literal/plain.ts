/**
 * What JSON and msgpack can say, exactly: whole numbers are bigint and floats are number, since `1` and `1.0` are two things to
 * Python and no int above 2^53 may be rounded. Objects are maps, so that order and hostile names such as `__proto__` survive.
 */
export type Plain = null | boolean | bigint | number | string | Uint8Array | readonly Plain[] | PlainMap;
export type PlainMap = ReadonlyMap<string, Plain>;

export function isMap(plain: Plain | undefined): plain is PlainMap {
  return plain instanceof Map;
}

export function isList(plain: Plain | undefined): plain is readonly Plain[] {
  return Array.isArray(plain);
}

/** A value that JSON.parse gave. Its numbers are floats, whatever they were when they were written. */
export function plainOf(json: unknown): Plain {
  if (Array.isArray(json)) return json.map(plainOf);
  if (typeof json === "object" && json !== null) return new Map(Object.entries(json).map(([name, each]) => [name, plainOf(each)]));
  if (typeof json === "string" || typeof json === "number" || typeof json === "boolean") return json;
  return null;
}

/** As `plainOf`, with whole numbers as ints: what a Struct, which knows only floats, most likely meant. */
export function wholeOf(json: unknown): Plain {
  if (typeof json === "number" && Number.isSafeInteger(json)) return BigInt(json);
  if (Array.isArray(json)) return json.map(wholeOf);
  if (typeof json === "object" && json !== null) return new Map(Object.entries(json).map(([name, each]) => [name, wholeOf(each)]));
  return plainOf(json);
}

/** For a protobuf Struct. Throws where it has no number or text for it. */
export function structOf(plain: Plain): unknown {
  if (typeof plain === "bigint") {
    const number = Number(plain);
    if (BigInt(number) !== plain) throw new RangeError(`this type holds only floats, which cannot say ${plain} exactly`);
    return number;
  }
  if (typeof plain === "number" && !Number.isFinite(plain)) throw new RangeError("this type cannot hold NaN or infinities");
  if (plain instanceof Uint8Array) throw new RangeError("this type cannot hold bytes");
  if (isList(plain)) return plain.map(structOf);
  if (isMap(plain)) return Object.fromEntries([...plain].map(([name, each]) => [name, structOf(each)]));
  return plain;
}

export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Throws if it is no base64. */
export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** A float as Python's JSON and people write it: always told from an int. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export interface JsonStyle {
  indent?: number;
  /** How a float that JSON has no number for is written; the words themselves unless said otherwise. */
  odd?: (word: string) => string;
  words?: { null: string; true: string; false: string };
}

const JSON_WORDS = { null: "null", true: "true", false: "false" };

/** JSON (or, with other words, Python) of a plain value; bytes are base64. */
export function jsonText(plain: Plain, style: JsonStyle = {}, level = 0): string {
  const words = style.words ?? JSON_WORDS;
  if (plain === null) return words.null;
  if (typeof plain === "boolean") return plain ? words.true : words.false;
  if (typeof plain === "bigint") return plain.toString();
  if (typeof plain === "number") return Number.isFinite(plain) ? floatText(plain) : (style.odd ?? ((word) => word))(floatText(plain));
  if (typeof plain === "string") return JSON.stringify(plain);
  if (plain instanceof Uint8Array) return JSON.stringify(base64Of(plain));
  const [open, close] = isList(plain) ? "[]" : "{}";
  const parts = isList(plain)
    ? plain.map((each) => jsonText(each, style, level + 1))
    : [...plain].map(([name, each]) => `${JSON.stringify(name)}: ${jsonText(each, style, level + 1)}`);
  if (style.indent === undefined || parts.length === 0) return `${open}${parts.join(", ")}${close}`;
  const pad = " ".repeat(style.indent * (level + 1));
  return `${open}\n${parts.map((part) => pad + part).join(",\n")}\n${" ".repeat(style.indent * level)}${close}`;
}
