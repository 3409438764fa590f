import type { LaunchPlan, Literal, LiteralType, TypedInterface, Variable } from "@/idl";
import { commandText, typeWords } from "@/literal";
import { changesOf, type Change } from "./change";

/** A value as one line, for people; one that cannot be written down is named by what it is. */
export function literalLine(literal: Literal, type?: LiteralType): string {
  try {
    return commandText(literal, type);
  } catch {
    return "a value in the object store";
  }
}

/** What two interfaces differ in: inputs and outputs with their types and docs. */
export function interfaceChanges(before: TypedInterface | undefined, after: TypedInterface | undefined): Change[] {
  return changesOf(lines(before), lines(after));
}

function lines(of: TypedInterface | undefined): Map<string, string> {
  const made = new Map<string, string>();
  for (const [kind, variables] of [["input", of?.inputs?.variables], ["output", of?.outputs?.variables]] as const) {
    for (const [name, variable] of Object.entries(variables ?? {})) made.set(`${kind} ${name}`, words(variable));
  }
  return made;
}

function words(variable: Variable): string {
  return `${typeWords(variable.type)}${variable.description ? `: ${variable.description}` : ""}`;
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
