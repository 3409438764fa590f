import type { Literal, LiteralType, Parameter, Variable } from "@/idl";
import { fromLiteral } from "./read";
import type { Shape } from "./shape";
import { shapeOfType } from "./type";
import { canStay, initial, type Value } from "./value";
import { writeLiteral, type Problem } from "./write";

/** An input of a launch. */
export interface Input {
  name: string;
  type: LiteralType;
  shape: Shape;
  description: string;
  isRequired: boolean;
  /** What is used if nothing is given. */
  default?: Literal;
  /** Set by the launch plan; nobody can change it. */
  fixed?: Literal;
}

const NOTHING: LiteralType = {};

/** The inputs of a launch plan or task: what must be given first, then by name, since the wire keeps no order; fixed ones last. */
export function inputsOf(parameters: Readonly<Record<string, Parameter>>, fixed: Readonly<Record<string, Literal>>, variables: Readonly<Record<string, Variable>>): Input[] {
  const free = Object.entries(parameters)
    .filter(([name]) => !Object.hasOwn(fixed, name))
    .map(([name, parameter]): Input => {
      const type = parameter.var?.type ?? NOTHING;
      const isRequired = parameter.required === true && parameter.default === undefined;
      return { name, type, shape: shapeOfType(type), description: parameter.var?.description ?? "", isRequired, default: parameter.default };
    });
  const locked = Object.entries(fixed).map(([name, literal]): Input => {
    const type = parameters[name]?.var?.type ?? variables[name]?.type ?? NOTHING;
    return { name, type, shape: shapeOfType(type), description: variables[name]?.description ?? "", isRequired: false, fixed: literal };
  });
  const rank = (input: Input) => (input.fixed ? 2 : input.isRequired ? 0 : 1);
  return [...free, ...locked].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** What the field of an input holds: what was typed if it can stay, else what would be used. */
export function valueOf(input: Input, typed: Value | undefined): Value {
  if (input.fixed) return fromLiteral(input.shape, input.fixed);
  if (typed && canStay(input.shape, typed)) return typed;
  return input.default ? fromLiteral(input.shape, input.default) : initial(input.shape);
}

/** Whether what was typed is what the field shows: not if another version asks for something else now. */
export function isTyped(input: Input, typed: ReadonlyMap<string, Value>): boolean {
  const given = typed.get(input.name);
  return given !== undefined && !input.fixed && canStay(input.shape, given);
}

export interface WrittenInputs {
  literals: Record<string, Literal>;
  /** By input; those of nothing else are right. */
  problems: ReadonlyMap<string, readonly Problem[]>;
}

/** The literals to launch with. What nobody touched and has a default, or need not be given, is left to the server. */
export function writeInputs(inputs: readonly Input[], typed: ReadonlyMap<string, Value>): WrittenInputs {
  const literals = Object.create(null) as Record<string, Literal>;
  const problems = new Map<string, readonly Problem[]>();
  for (const input of inputs) {
    if (input.fixed || !(input.isRequired || isTyped(input, typed))) continue;
    const written = writeLiteral(input.shape, valueOf(input, typed.get(input.name)));
    if (written.value === undefined) problems.set(input.name, written.problems);
    else literals[input.name] = written.value;
  }
  return { literals, problems };
}

/** What an execution was given, as if somebody had typed it; what equals the default is left to it. */
export function typedOf(inputs: readonly Input[], literals: Readonly<Record<string, Literal>>): Map<string, Value> {
  const made = new Map<string, Value>();
  for (const input of inputs) {
    const literal = Object.hasOwn(literals, input.name) ? literals[input.name] : undefined;
    const isDefault = literal !== undefined && input.default !== undefined && JSON.stringify(literal) === JSON.stringify(input.default);
    if (literal && !isDefault && !input.fixed) made.set(input.name, fromLiteral(input.shape, literal));
  }
  return made;
}
