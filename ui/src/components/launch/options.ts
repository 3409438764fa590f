import type { ExecutionSpec } from "@/idl";

/** What is said of a launch beside its inputs, as it is typed. */
export interface Options {
  name: string;
  labels: readonly Pair[];
  annotations: readonly Pair[];
  env: readonly Pair[];
  /** Empty: the launch plan's. */
  maxParallelism: string;
  overwriteCache: boolean;
  /** "": the launch plan's. */
  interruptible: "" | "true" | "false";
  /** Where large values go; empty: the server's store. */
  outputs: string;
}

export interface Pair {
  key: number;
  name: string;
  value: string;
}

export const NO_OPTIONS: Options = { name: "", labels: [], annotations: [], env: [], maxParallelism: "", overwriteCache: false, interruptible: "", outputs: "" };

type Spec = Omit<ExecutionSpec, "launch_plan" | "inputs">;

/** The wire's settings; what nobody said is left out, so that the launch plan's hold. */
export function specOf(options: Options): Spec {
  const spec: Spec = {};
  const [labels, annotations, env] = [options.labels, options.annotations, options.env].map(mapOf) as [Texts, Texts, Texts];
  if (labels.size) spec.labels = { values: Object.fromEntries(labels) };
  if (annotations.size) spec.annotations = { values: Object.fromEntries(annotations) };
  if (env.size) spec.envs = { values: [...env].map(([key, value]) => ({ key, value })) };
  if (options.maxParallelism.trim()) spec.max_parallelism = Number(options.maxParallelism);
  if (options.overwriteCache) spec.overwrite_cache = true;
  if (options.interruptible) spec.interruptible = options.interruptible === "true";
  if (options.outputs.trim()) spec.raw_output_data_config = { output_location_prefix: options.outputs.trim() };
  return spec;
}

type Texts = ReadonlyMap<string, string>;

/** Pairs by name, without lines that nobody has filled in. */
export function mapOf(pairs: readonly Pair[]): Texts {
  return new Map(pairs.filter(isFilled).map(({ name, value }) => [name, value]));
}

function isFilled({ name, value }: Pair): boolean {
  return name !== "" || value !== "";
}

/** The settings of an execution as if they had been typed; its name is taken already. */
export function optionsOf(spec: ExecutionSpec | undefined): Options {
  let key = 0;
  const pairs = (values: Readonly<Record<string, string>> | undefined): Pair[] => Object.entries(values ?? {}).map(([name, value]) => ({ key: --key, name, value }));
  return {
    ...NO_OPTIONS,
    labels: pairs(spec?.labels?.values),
    annotations: pairs(spec?.annotations?.values),
    env: (spec?.envs?.values ?? []).map((each) => ({ key: --key, name: each.key ?? "", value: each.value ?? "" })),
    maxParallelism: spec?.max_parallelism ? String(spec.max_parallelism) : "",
    interruptible: typeof spec?.interruptible === "boolean" ? (spec.interruptible ? "true" : "false") : "",
    outputs: spec?.raw_output_data_config?.output_location_prefix ?? "",
  };
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** What is wrong with the options, by the server's name of the field. */
export function optionProblems(options: Options): Map<string, string> {
  const found = new Map<string, string>();
  if (options.name && !NAME.test(options.name)) found.set("name", "Lower-case letters, digits and dashes, a letter first, at most 63");
  if (options.maxParallelism.trim() && !/^[1-9]\d{0,8}$/.test(options.maxParallelism.trim())) found.set("max_parallelism", "A whole number from 1 is expected");
  for (const [field, pairs] of [["labels", options.labels], ["annotations", options.annotations], ["envs", options.env]] as const) {
    const names = pairs.filter(isFilled).map(({ name }) => name);
    if (names.some((name) => !name.trim())) found.set(field, "Each needs a name");
    else if (new Set(names).size < names.length) found.set(field, "Two have one name");
  }
  return found;
}
