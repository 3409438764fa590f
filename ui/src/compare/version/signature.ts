import type { LaunchPlan, Literal, LiteralType, TypedInterface, Variable } from "@/idl";
import { commandText, typeWords, type Input } from "@/literal";
import { changesOf, type Change } from "./change";

/** A value as one line, for people; one that cannot be written down is named by what it is. */
export function literalLine(literal: Literal, type?: LiteralType): string {
  try {
    return commandText(literal, type);
  } catch {
    return "a value in the object store";
  }
}

export interface Signature {
  interface?: TypedInterface;
  /** With their defaults, where they are known. */
  inputs?: readonly Input[];
}

/** What two interfaces differ in: inputs and outputs with their types, defaults and docs. */
export function interfaceChanges(before: Signature, after: Signature): Change[] {
  return changesOf(lines(before), lines(after));
}

function lines({ interface: of, inputs }: Signature): Map<string, string> {
  const made = new Map<string, string>();
  const defaults = new Map((inputs ?? []).map((input) => [input.name, input.default]));
  for (const [name, variable] of Object.entries(of?.inputs?.variables ?? {})) made.set(`input ${name}`, words(variable, defaults.get(name)));
  for (const [name, variable] of Object.entries(of?.outputs?.variables ?? {})) made.set(`output ${name}`, words(variable, undefined));
  return made;
}

function words(variable: Variable, preset: Literal | undefined): string {
  const said = preset ? ` = ${literalLine(preset, variable.type)}` : "";
  return `${typeWords(variable.type)}${said}${variable.description ? `: ${variable.description}` : ""}`;
}

/** What two launch plans differ in: their workflow's version, inputs that are set, schedule and settings. */
export function planChanges(before: LaunchPlan | undefined, after: LaunchPlan | undefined): Change[] {
  return changesOf(planLines(before), planLines(after));
}

export function planLines(plan: LaunchPlan | undefined): Map<string, string> {
  const made = new Map<string, string>();
  const { spec, closure } = plan ?? {};
  const say = (name: string, text: string | undefined) => text && made.set(name, text);
  say("workflow", spec?.workflow_id?.name);
  for (const [name, parameter] of Object.entries(closure?.expected_inputs?.parameters ?? {})) {
    if (parameter.default) say(`default of ${name}`, literalLine(parameter.default, parameter.var?.type));
  }
  for (const [name, literal] of Object.entries(spec?.fixed_inputs?.literals ?? {})) say(`fixed ${name}`, literalLine(literal));
  say("parallelism", spec?.max_parallelism ? String(spec.max_parallelism) : "");
  say("cache overwritten", spec?.overwrite_cache ? "yes" : "");
  say("interruptible", spec?.interruptible === undefined || spec.interruptible === null ? "" : spec.interruptible ? "yes" : "no");
  for (const [name, value] of Object.entries(spec?.labels?.values ?? {})) say(`label ${name}`, value);
  for (const { key = "", value = "" } of spec?.envs?.values ?? []) say(`environment ${key}`, value);
  return made;
}
