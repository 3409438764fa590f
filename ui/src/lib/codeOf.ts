import type { TaskTemplate } from "@/idl";

/** A function in a module of a version's code. */
export interface PythonFunction {
  module: string;
  /** As it stands in the module: "train", "Model.train". */
  name: string;
}

/** What a task runs, as its command says; undefined if it is no Python function. */
export function functionOf({ container }: TaskTemplate): PythonFunction | undefined {
  const args = [...(container?.command ?? []), ...(container?.args ?? [])];
  const after = (word: string) => (args.includes(word) ? args[args.indexOf(word) + 1] : undefined);
  const [module, name] = after("--task")?.split(":") ?? [after("task-module"), after("task-name")];
  return module && name ? { module, name } : undefined;
}

/** The function that a full name means where nothing says more: "digits.workflow.train" is "train" of "digits.workflow". */
export function functionNamed(name: string): PythonFunction | undefined {
  const at = name.lastIndexOf(".");
  return at > 0 ? { module: name.slice(0, at), name: name.slice(at + 1) } : undefined;
}

/** The file of a module among these; the folder that modules' names start from may lie deeper than the code's. */
export function fileOf(module: string, paths: readonly string[]): string | undefined {
  const path = module.replaceAll(".", "/");
  const isIt = (each: string) => [`${path}.py`, `${path}/__init__.py`].some((file) => each === file || each.endsWith(`/${file}`));
  return paths.filter(isIt).sort((a, b) => a.length - b.length)[0];
}

const DEFINED = /^\s*(?:(?:async\s+)?def|class)\s+([\p{L}_][\p{L}\p{N}_]*)/u;
const ASSIGNED = /^([\p{L}_][\p{L}\p{N}_]*)\s*(?::[^=]*)?=(?!=)/u;

/** The number, from 1, of the line in which a function begins; undefined if it is not found. */
export function lineOf(name: string, lines: readonly string[]): number | undefined {
  const wanted = name.slice(name.lastIndexOf(".") + 1);
  const at = [DEFINED, ASSIGNED].map((begins) => lines.findIndex((line) => begins.exec(line)?.[1] === wanted)).find((found) => found >= 0);
  return at === undefined ? undefined : at + 1;
}
