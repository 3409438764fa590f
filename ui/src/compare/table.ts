import type { AttemptMetrics, ComparedExecution, Literal, LiteralMap } from "@/idl";
import { parseJson } from "@/literal/json";
import { floatOf } from "@/literal/scalar";
import { jsonOfLiteral, Unsayable } from "@/literal/text";
import { areSame, cellOf, cellsOf, cutAround, type Cell } from "./cell";

/** One thing in which executions may differ, with what each of them has; as many cells as there are executions. */
export interface Row {
  /** Unique among all rows. */
  key: string;
  name: string;
  cells: readonly (Cell | undefined)[];
  isSame: boolean;
  /** Seconds rather than plain numbers. */
  isSpan?: boolean;
}

export interface Group {
  key: "inputs" | "parameters" | "versions" | "environment" | "outputs" | "metrics" | "durations";
  title: string;
  rows: readonly Row[];
}

type Cells = ReadonlyMap<string, Cell>;

/** Everything executions have in common or not, in groups; rows in the order in which they are first met. */
export function compareExecutions(executions: readonly ComparedExecution[]): Group[] {
  const single = isOneNodeTelling(executions);
  const group = (key: Group["key"], title: string, cells: (each: ComparedExecution) => Cells, isSpan?: boolean): Group => ({
    key,
    title,
    rows: rowsOf(key, executions.map(cells), isSpan),
  });
  return [
    group("inputs", "Inputs", ({ inputs }) => valueCells(inputs)),
    group("parameters", "Parameters", (each) => parameterCells(each, single)),
    group("versions", "Version", versionCells),
    group("environment", "Environment", environmentCells),
    group("outputs", "Outputs", ({ outputs }) => valueCells(outputs)),
    group("metrics", "Metrics, last value", (each) => metricCells(each, single)),
    group("durations", "Duration", durationCells, true),
  ];
}

function rowsOf(group: string, columns: readonly Cells[], isSpan?: boolean): Row[] {
  const names = new Set(columns.flatMap((column) => [...column.keys()]));
  return [...names].map((name) => {
    const cells = columns.map((column) => column.get(name));
    return { key: `${group}:${name}`, name, cells: cutAround(cells), isSame: areSame(cells), isSpan };
  });
}

/** Inputs or outputs beside each other, a row for each field of each. */
export function compareValues(values: readonly (LiteralMap | undefined)[]): Row[] {
  return rowsOf("inputs", values.map(valueCells));
}

/** The cells of inputs or outputs, fields of records by themselves. */
function valueCells(values: LiteralMap | undefined): Cells {
  const found = new Map<string, Cell>();
  const inOrder = Object.entries(values?.literals ?? {}).sort(([one], [other]) => one.localeCompare(other)); // a map has no order of its own on the wire
  for (const [name, literal] of inOrder) for (const [field, cell] of literalCells(name, literal)) found.set(field, cell);
  return found;
}

function literalCells(name: string, literal: Literal): Cells {
  try {
    const cells = cellsOf(name, jsonOfLiteral(literal));
    const only = cells.get(name);
    // A file, frame or model of the same content is the same, wherever it lies.
    return only && literal.hash ? new Map([[name, { ...only, text: `${lastPart(only.text)} · ${literal.hash.slice(0, 8)}`, same: literal.hash }]]) : cells;
  } catch (error) {
    const text = error instanceof Unsayable ? "(in the object store)" : "(cannot be read)";
    return new Map([[name, { text, number: Number.NaN, same: JSON.stringify(literal) }]]);
  }
}

function lastPart(uri: string): string {
  return uri.slice(uri.replace(/\/+$/, "").lastIndexOf("/") + 1);
}

function versionCells({ workflow_id, source, execution }: ComparedExecution): Cells {
  const text = (value: string | undefined): Cell | undefined => (value ? { text: value, number: Number.NaN } : undefined);
  const plan = execution?.spec?.launch_plan;
  return given([
    ["workflow", text(workflow_id?.name)],
    ["version", text(workflow_id?.version)],
    ["launch plan", text(plan && plan.name !== workflow_id?.name ? `${plan.name}:${plan.version}` : undefined)],
    ["commit", text(source?.commit)],
    ["branch", text(source?.branch)],
    ["uncommitted changes", source ? text(source.is_dirty ? "yes" : "no") : undefined],
    ["who", text(execution?.spec?.metadata?.principal)],
  ]);
}

function environmentCells({ environments = [], execution }: ComparedExecution): Cells {
  const variables = (execution?.spec?.envs?.values ?? []).map(({ key = "", value = "" }): [string, Cell] => [`variable ${key}`, { text: value, number: Number.NaN }]);
  return given([
    ...environments.map(({ name = "", image = "", python = "", lock_digest = "" }): [string, Cell] => [
      `environment ${name || image}`,
      { text: `Python ${python}, packages ${lock_digest.slice(0, 12)}`, number: Number.NaN, same: image },
    ]),
    ...variables,
  ]);
}

/** "node.metric", or the metric alone where one node alone tells anything. */
function metricCells({ metrics = [], nodes = [] }: ComparedExecution, isSingle: boolean): Cells {
  return given(
    metrics.flatMap((attempt) =>
      (attempt.metrics ?? []).map(({ name = "", last }): [string, Cell | undefined] => [
        isSingle ? name : told(attempt, nodes, name),
        last === undefined ? undefined : cellOf(floatOf(last)),
      ]),
    ),
  );
}

function parameterCells({ metrics = [], nodes = [] }: ComparedExecution, isSingle: boolean): Cells {
  return given(
    metrics.flatMap((attempt) =>
      (attempt.parameters ?? []).map(({ name = "", value = "" }): [string, Cell] => [isSingle ? name : told(attempt, nodes, name), cellOf(parsed(value))]),
    ),
  );
}

function parsed(json: string) {
  try {
    return parseJson(json);
  } catch {
    return json;
  }
}

/** What an attempt told, named by its node and item. */
export function told(attempt: AttemptMetrics, nodes: NonNullable<ComparedExecution["nodes"]>, name: string): string {
  const named = nodes.find(({ node_id }) => node_id === attempt.node_id)?.name;
  const isAlone = nodes.filter((each) => each.name === named).length === 1;
  const node = !named ? (attempt.node_id ?? "") : isAlone ? named : `${named} (${attempt.node_id})`;
  return attempt.item ? `${node}[${attempt.item - 1}].${name}` : `${node}.${name}`;
}

/** Whether no execution has two attempts that told something. */
export function isOneNodeTelling(executions: readonly ComparedExecution[]): boolean {
  return executions.every(({ metrics = [] }) => metrics.filter((each) => each.metrics?.length || each.parameters?.length).length <= 1);
}

function durationCells({ execution, nodes = [] }: ComparedExecution): Cells {
  const names = nodes.map(({ name, node_id = "" }) => name || node_id);
  const span = (seconds: number): Cell => ({ text: String(seconds), number: seconds });
  const whole = Number.parseFloat(execution?.closure?.duration ?? "");
  return given([
    ["the whole execution", Number.isFinite(whole) ? span(whole) : undefined],
    ...nodes.map(({ name, node_id = "", duration_us, cache_status }): [string, Cell] => {
      const label = name || node_id;
      const cell = cache_status === "CACHE_HIT" ? { text: "from the cache", number: 0 } : span(Number(duration_us ?? 0) / 1e6);
      return [names.filter((each) => each === label).length > 1 ? `${label} (${node_id})` : label, cell];
    }),
  ]);
}

function given(cells: readonly (readonly [string, Cell | undefined])[]): Cells {
  return new Map(cells.filter((each): each is readonly [string, Cell] => each[1] !== undefined));
}
