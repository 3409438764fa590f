import type { Literal, LiteralType } from "@/idl";
import { option, quoted } from "@/lib/command";
import { decodeMsgpack } from "./msgpack";
import { bytesOf, floatText, isMap, jsonText, wholeOf, type Plain } from "./plain";
import { floatOf } from "./scalar";

/** Thrown where a value can only be had from the server, not be written down. */
export class Unsayable extends Error {
  override readonly name = "Unsayable";
}

/**
 * A literal as the JSON value that commands and the Python client take for it: instants and durations as text, files and data frames as
 * their URI. Throws `Unsayable`.
 */
export function jsonOfLiteral(literal: Literal, type?: LiteralType): Plain {
  if (literal.collection) return (literal.collection.literals ?? []).map((each) => jsonOfLiteral(each, type?.collection_type));
  if (literal.map) return new Map(Object.entries(literal.map.literals ?? {}).map(([name, each]) => [name, jsonOfLiteral(each, type?.map_value_type)]));
  const scalar = literal.scalar;
  if (!scalar) throw new Unsayable("a value that lies in the object store");
  if (scalar.union) return ofUnion(scalar.union, type);
  if (scalar.primitive) return ofPrimitive(scalar.primitive);
  if (scalar.none_type) return null;
  if (scalar.blob) return scalar.blob.uri ?? "";
  if (scalar.structured_dataset) return ofFrame(scalar.structured_dataset.uri ?? "", scalar.structured_dataset.metadata?.structured_dataset_type?.format ?? "");
  if (scalar.schema) return scalar.schema.uri ?? "";
  if (scalar.generic) return wholeOf(scalar.generic);
  if (scalar.binary?.tag === "msgpack") return decodeMsgpack(bytesOf(scalar.binary.value ?? ""));
  if (scalar.binary) return scalar.binary.value ?? "";
  throw new Unsayable("a value of this kind");
}

function ofFrame(uri: string, format: string): Plain {
  return format && format !== "parquet" ? new Map([["uri", uri], ["format", format]]) : uri;
}

function ofPrimitive(primitive: NonNullable<NonNullable<Literal["scalar"]>["primitive"]>): Plain {
  const { integer, float_value: float, boolean, string_value: text, datetime, duration } = primitive;
  if (integer !== undefined) return BigInt(integer);
  if (float !== undefined) return floatOf(float);
  return boolean ?? text ?? datetime ?? duration ?? null;
}

/** Of several records one is named, as whoever reads it back cannot tell by its fields alone. */
function ofUnion(union: NonNullable<NonNullable<Literal["scalar"]>["union"]>, type: LiteralType | undefined): Plain {
  const made = jsonOfLiteral(union.value ?? {}, union.type);
  const records = (type?.union_type?.variants ?? []).filter((each) => each.metadata?.["properties"]);
  const title = union.type?.metadata?.["title"];
  return isMap(made) && records.length > 1 && typeof title === "string" && union.type?.simple === "STRUCT" ? new Map([["$type", title], ...made]) : made;
}

/** A literal as the text of a command's option. */
export function commandText(literal: Literal, type?: LiteralType): string {
  const scalar = literal.scalar;
  const inner = scalar?.union?.value;
  // In a union "3" would be taken for a number; in quotes it is text.
  if (inner?.scalar?.primitive?.string_value !== undefined && hasText(type)) return JSON.stringify(inner.scalar.primitive.string_value);
  if (inner) {
    const said = jsonOfLiteral(literal, type);
    return isMap(said) ? jsonText(said) : commandText(inner, scalar.union?.type);
  }
  if (scalar?.primitive?.float_value !== undefined) return floatText(floatOf(scalar.primitive.float_value));
  const json = jsonOfLiteral(literal, type);
  return typeof json === "string" ? json : jsonText(json);
}

function hasText(type: LiteralType | undefined): boolean {
  return (type?.union_type?.variants ?? []).some((each) => each.simple === "STRING");
}

const PYTHON = { null: "None", true: "True", false: "False" };

/** A plain value as Python writes it. */
export function pythonText(plain: Plain): string {
  return jsonText(plain, { words: PYTHON, odd: (word) => `float("${word.toLowerCase().replace("infinity", "inf")}")` });
}

interface Said {
  name: string;
  type: LiteralType | undefined;
  literal: Literal;
}

export interface LaunchWords {
  /** Address of the server; empty: it is found without. */
  server: string;
  project: string;
  domain: string;
  /** Of the workflow, task or launch plan. */
  target: string;
  version: string;
  inputs: readonly Said[];
  /** Name of the execution; empty: the server's choice. */
  name: string;
  overwriteCache: boolean;
  labels: ReadonlyMap<string, string>;
  annotations: ReadonlyMap<string, string>;
  env: ReadonlyMap<string, string>;
  maxParallelism: number;
  interruptible: boolean | undefined;
  /** Where large values go; empty: the server's store. */
  outputs: string;
}

const WORD = /^[A-Za-z_]\w*$/;

/** What the command has options for itself; an input of such a name is given by `-i`. */
const TAKEN = new Set([
  "input", "inputs", "address", "project", "domain", "version", "name", "overwrite-cache", "label", "annotation", "env", "max-parallelism", "interruptible", "no-interruptible", "output-prefix", "wait", "json", "help",
]);

export interface Copied {
  text: string;
  /** What it leaves out. */
  missing: readonly string[];
}

export function launchCommand(words: LaunchWords): Copied {
  const missing: string[] = [];
  const parts = [`alula launch ${quoted(`${words.target}:${words.version}`)}`, option("project", words.project), option("domain", words.domain)];
  if (words.server) parts.push(option("address", words.server));
  for (const said of words.inputs) {
    try {
      parts.push(inputOption(said));
    } catch (error) {
      missing.push(`input ${said.name}: ${error instanceof Error ? error.message : ""}`);
    }
  }
  if (words.name) parts.push(option("name", words.name));
  if (words.overwriteCache) parts.push("--overwrite-cache");
  for (const [one, what, pairs] of [["label", "label", words.labels], ["annotation", "annotation", words.annotations], ["env", "environment variable", words.env]] as const) {
    for (const [name, value] of pairs) {
      // The command takes what stands before the first "=" for the name.
      if (name.includes("=")) missing.push(`${what} ${name}`);
      else parts.push(option(one, `${name}=${value}`));
    }
  }
  if (words.maxParallelism) parts.push(option("max-parallelism", String(words.maxParallelism)));
  if (words.interruptible !== undefined) parts.push(words.interruptible ? "--interruptible" : "--no-interruptible");
  if (words.outputs) parts.push(option("output-prefix", words.outputs));
  return { text: parts.join(" \\\n  "), missing };
}

function inputOption({ name, type, literal }: Said): string {
  const dashed = name.replaceAll("_", "-");
  const text = commandText(literal, type);
  // A workflow that another client registered may have inputs of any name; what is no word would be read by the shell.
  if (TAKEN.has(dashed) || !WORD.test(name)) return `-i ${quoted(`${name}=${text}`)}`;
  const boolean = literal.scalar?.primitive?.boolean;
  if (boolean !== undefined && type?.simple === "BOOLEAN") return boolean ? `--${dashed}` : `--no-${dashed}`;
  return option(dashed, text);
}

export function launchPython(words: LaunchWords): Copied {
  const missing: string[] = [];
  const named: string[] = [];
  const odd: string[] = [];
  for (const { name, type, literal } of words.inputs) {
    try {
      const value = pythonText(jsonOfLiteral(literal, type));
      if (WORD.test(name)) named.push(`${name}=${value}`);
      else odd.push(`${JSON.stringify(name)}: ${value}`);
    } catch (error) {
      missing.push(`input ${name}: ${error instanceof Error ? error.message : ""}`);
    }
  }
  if (odd.length) named.push(`**{${odd.join(", ")}}`);
  const options = pythonOptions(words);
  const launch = options.length ? `client.launch.with_options(${options.join(", ")})` : "client.launch";
  const args = [JSON.stringify(`${words.target}:${words.version}`), ...named];
  const call = `${launch}(${args.join(", ")})`;
  const spread = call.length <= 100 ? call : `${launch}(\n${args.map((each) => `    ${each},\n`).join("")})`;
  const where = [...(words.server ? [JSON.stringify(words.server)] : []), `project=${JSON.stringify(words.project)}`, `domain=${JSON.stringify(words.domain)}`];
  return {
    text: `import alula as al\n\nclient = al.connect(${where.join(", ")})\nexecution = ${spread}\n`,
    missing,
  };
}

function pythonOptions(words: LaunchWords): string[] {
  const made: string[] = [];
  if (words.name) made.push(`name=${JSON.stringify(words.name)}`);
  for (const [name, map] of [["labels", words.labels], ["annotations", words.annotations], ["env", words.env]] as const) {
    if (map.size) made.push(`${name}=${pythonText(map)}`);
  }
  if (words.maxParallelism) made.push(`max_parallelism=${words.maxParallelism}`);
  if (words.overwriteCache) made.push("overwrite_cache=True");
  if (words.interruptible !== undefined) made.push(`interruptible=${words.interruptible ? "True" : "False"}`);
  if (words.outputs) made.push(`output_prefix=${JSON.stringify(words.outputs)}`);
  return made;
}
