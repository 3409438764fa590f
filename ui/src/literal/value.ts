import type { Literal } from "@/idl";
import type { Plain } from "./plain";
import { fromPlain } from "./read";
import type { FieldShape, Shape } from "./shape";

/** What a form holds: text as it was typed, however wrong, until it is written. */
export type Value =
  | { form: "unset" }
  /** Of every kind that is one text: numbers, booleans ("true"), choices, instants, JSON, base64. */
  | { form: "text"; text: string }
  | { form: "list"; items: readonly Item[] }
  | { form: "map"; entries: readonly Entry[] }
  /** Fields that are not in it are left to the class. */
  | { form: "record"; fields: ReadonlyMap<string, Value> }
  | { form: "union"; variant: number; value: Value }
  | { form: "stored"; uri: string; format: string; hash: string; fileName?: string }
  /** A literal as it is: of a kind that has no form, or another run's output (`from` says which). */
  | { form: "literal"; literal: Literal; from?: string }
  /** The same inside a record. */
  | { form: "plain"; plain: Plain };

interface Item {
  /** Stays while items before it come and go. */
  key: number;
  value: Value;
}

interface Entry extends Item {
  name: string;
}

export const UNSET: Value = { form: "unset" };

let last = 0;

export function newKey(): number {
  return ++last;
}

const DEEPEST = 4; // levels of required records that are laid out at once

/** What a form begins with: defaults where the schema says them, nothing where somebody has to decide; an empty list is a decision, too. */
export function initial(shape: Shape, depth = 0): Value {
  switch (shape.kind) {
    case "none": return { form: "text", text: "null" };
    case "file":
    case "frame": return { form: "stored", uri: "", format: "", hash: "" };
    case "union": {
      const none = shape.variants.findIndex((each) => each.shape.kind === "none");
      const variant = Math.max(none, 0);
      const first = shape.variants[variant];
      return first ? { form: "union", variant, value: initial(first.shape, depth) } : UNSET;
    }
    case "record":
    case "tuple": return depth >= DEEPEST ? UNSET : record(shape.kind === "record" ? shape.fields : shape.parts, depth);
    default: return UNSET;
  }
}

function record(fields: readonly FieldShape[], depth: number): Value {
  const made = new Map<string, Value>();
  for (const field of fields) {
    if (field.default !== undefined) made.set(field.name, fromPlain(field.shape(), field.default));
    else if (field.isRequired) made.set(field.name, initial(field.shape(), depth + 1));
  }
  return { form: "record", fields: made };
}

/** A list or map without anything in it, as somebody gives it. */
export function emptyOf(kind: "list" | "map"): Value {
  return kind === "list" ? { form: "list", items: [] } : { form: "map", entries: [] };
}

/** Whether a value that was typed for another shape can stay for this one. */
export function canStay(shape: Shape, value: Value): boolean {
  switch (value.form) {
    case "unset": return true;
    case "text": return ["integer", "float", "string", "boolean", "datetime", "day", "duration", "choice", "json", "binary", "raw", "none"].includes(shape.kind) && isWord(shape, value.text);
    case "list": return shape.kind === "list" && value.items.every((each) => canStay(shape.item(), each.value));
    case "map": return shape.kind === "map" && value.entries.every((each) => canStay(shape.item(), each.value));
    case "record": {
      const fields = shape.kind === "record" ? shape.fields : shape.kind === "tuple" ? shape.parts : [];
      const known = new Map(fields.map((each) => [each.name, each]));
      return known.size > 0 && [...value.fields].every(([name, each]) => {
        const field = known.get(name);
        return field !== undefined && canStay(field.shape(), each);
      });
    }
    case "union": {
      const variant = shape.kind === "union" ? shape.variants[value.variant] : undefined;
      return variant !== undefined && canStay(variant.shape, value.value);
    }
    case "stored": return shape.kind === "file" || shape.kind === "frame";
    case "literal": return shape.type !== undefined;
    case "plain": return shape.type === undefined;
  }
}

function isWord(shape: Shape, text: string): boolean {
  if (shape.kind === "choice") return shape.choices.includes(text);
  if (shape.kind === "boolean") return text === "true" || text === "false";
  return shape.kind !== "none" || text === "null";
}
