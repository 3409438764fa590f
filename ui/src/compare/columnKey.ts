export const COLUMN_KINDS = ["inputs", "outputs", "metrics"] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** What a list of executions shows beside each of them. */
export interface ValueColumn {
  /** As it stands in the address: `inputs.rate`, `inputs.config.rate`, `metrics.loss`, `metrics@n1.loss`. */
  key: string;
  kind: ColumnKind;
  /** Of an input or output, of a field of it, or of a metric. */
  name: string;
  /** The one node whose metric it is; none: whichever tells it. */
  nodeId?: string;
}

export const MOST_COLUMNS = 24;
const LONGEST_NAME = 300;
const KEY = /^(inputs|outputs|metrics)(?:@([^.]+))?\.(.+)$/s;
export function columnOf(key: string): ValueColumn | undefined {
  const [, kind, nodeId, name] = KEY.exec(key.slice(0, LONGEST_NAME)) ?? [];
  const known = COLUMN_KINDS.find((each) => each === kind);
  return known && name && (!nodeId || known === "metrics") ? { key: key.slice(0, LONGEST_NAME), kind: known, name, nodeId } : undefined;
}

/** The columns that an address names, each once. */
export function columnsOf(keys: readonly string[]): ValueColumn[] {
  return [...new Set(keys)].map(columnOf).filter((each) => each !== undefined).slice(0, MOST_COLUMNS);
}

/** What the server is asked for: of a field (`config.rate`) the value that it may lie in. */
export function wantedOf(columns: readonly ValueColumn[]): Record<ColumnKind, string[]> {
  const names = (kind: ColumnKind) => columns.filter((each) => each.kind === kind).map(({ name }) => name);
  const roots = (kind: ColumnKind) => [...new Set(names(kind).flatMap((name) => [name, ...name.split(".").slice(0, 1)]))];
  return { inputs: roots("inputs"), outputs: roots("outputs"), metrics: [...new Set(names("metrics"))] };
}

/** How a column is drawn. */
export interface ColumnLook {
  label: string;
  /** Its values stand at the right. */
  isNumber: boolean;
  /** rem, at least. */
  width: number;
}

/** Heads of columns: the name, with its kind and node where the name alone would not tell them apart. */
export function columnLabels(columns: readonly ValueColumn[]): string[] {
  const isTwice = (name: string) => columns.filter((each) => each.name === name).length > 1;
  return columns.map(({ name, kind, nodeId }) => (nodeId ? `${name} · ${nodeId}` : isTwice(name) ? `${name} (${kind.slice(0, -1)})` : name));
}
