import { queryOptions } from "@tanstack/react-query";
import { post } from "@/api/client";
import { columnsOf, wantedOf } from "@/compare/columnKey";
import type { Alula, Execution, ExecutionId } from "@/idl";
import { idText } from "@/lib/id";
import { isTerminal } from "@/lib/phase";

/** Executions that are asked for at once. */
const AT_ONCE = 100;
const PAUSE_MS = 1000;
const AFTER_FAILURE_MS = 5000;
/** What is only scrolled past is not read. */
const SCROLL_MS = 60;
/** Those of rows that were scrolled away are forgotten, the oldest first. */
const KEPT = 5000;

export type ExecutionValues = Alula<"ExecutionValues">;
type Names = Partial<Record<"inputs" | "outputs" | "metrics", readonly string[]>>;

/** Values of executions by name, or all that they have; of any number, a hundred at a time. */
export async function readValues(ids: readonly ExecutionId[], wanted: Names | { all: true }): Promise<ExecutionValues[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) => ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE));
  const found = await Promise.all(parts.map((some) => post<Alula<"ExecutionValuesResponse">>(["api/alula/v1/execution_values"], { ids: some, ...wanted })));
  return found.flatMap(({ executions = [] }) => executions);
}

/** Told by the stream of changes: these have measured something; none are named where they are too many, or where it was not heard. */
type OnMeasured = (ids: ReadonlySet<string> | undefined) => void;
const listeners = new Set<OnMeasured>();

export function tellMeasured(ids: ReadonlySet<string> | undefined): void {
  for (const listener of listeners) listener(ids);
}

interface Entry {
  values: ExecutionValues;
  /** The phase and the columns for which it was read. */
  phase: string;
  columns: string;
  isStale: boolean;
}

/**
 * Values beside the rows of a list, as far as somebody looks at them: what comes into view is read, and what is in view again when its
 * execution is in another phase or has measured something, no more than once a second. Without columns nothing is read.
 */
export class ValueStore {
  private readonly entries = new Map<string, Entry>();
  private rows: readonly Execution[] = [];
  private columns: readonly string[] = [];
  private name = "";
  private readonly readers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isReading = false;
  /** Of which something was told while a read was under way: it may not be in the answer. */
  private readonly told = new Set<string>();
  private areAllTold = false;
  private restUntil = 0;
  private revision = 0;
  error: unknown;

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    listeners.add(this.onMeasured);
    this.plan();
    return () => {
      this.readers.delete(reader);
      if (this.readers.size > 0) return;
      listeners.delete(this.onMeasured);
      clearTimeout(this.timer);
    };
  };

  readonly current = (): number => this.revision;

  /** What is in view from now on, and which columns. */
  want(rows: readonly Execution[], columns: readonly string[]): void {
    this.rows = rows;
    this.columns = columns;
    this.name = JSON.stringify(columns);
    this.plan();
  }

  /** What is known of an execution; the same object until it is read again. */
  readonly of = (id: ExecutionId | undefined): ExecutionValues | undefined => this.entries.get(idText(id))?.values;

  /** After a failure: now, rather than after a while. */
  readonly retry = (): void => {
    this.restUntil = 0;
    this.plan();
  };

  private readonly onMeasured: OnMeasured = (ids) => {
    if (this.isReading) this.remember(ids);
    for (const [id, entry] of this.entries) if (!isTerminal(entry.phase) && (ids?.has(id) ?? true)) entry.isStale = true;
    this.plan();
  };

  /** For rows that have no entry yet; those that were scrolled away meanwhile are forgotten with the read. */
  private remember(ids: ReadonlySet<string> | undefined): void {
    if (!ids) this.areAllTold = true;
    for (const id of ids ?? []) this.told.add(id);
  }

  /** What is to be read: at once what is not there, after a pause what may have changed. */
  private due(): { unread: Execution[]; changed: Execution[] } {
    const unread: Execution[] = [];
    const changed: Execution[] = [];
    for (const row of this.columns.length ? this.rows : []) {
      const entry = this.entries.get(idText(row.id));
      if (entry?.columns !== this.name) unread.push(row);
      else if (entry.isStale || entry.phase !== phaseOf(row)) changed.push(row);
    }
    return { unread, changed };
  }

  private plan(): void {
    if (this.isReading || this.readers.size === 0) return;
    clearTimeout(this.timer);
    const { unread, changed } = this.due();
    if (unread.length + changed.length === 0) return;
    const wait = unread.length > 0 && !this.error ? SCROLL_MS : Math.max(0, this.restUntil - Date.now());
    this.timer = setTimeout(() => void this.read(), wait);
  }

  private async read(): Promise<void> {
    const { unread, changed } = this.due();
    const isRested = Date.now() >= this.restUntil;
    const rows = (isRested ? [...unread, ...changed] : unread).slice(0, AT_ONCE);
    const { name, columns } = this;
    this.told.clear();
    this.areAllTold = false;
    this.isReading = true;
    try {
      const found = new Map((await readValues(rows.map(({ id }) => id ?? {}), wantedOf(columnsOf(columns)))).map((each) => [idText(each.id), each]));
      for (const row of rows) this.put(idText(row.id), { values: found.get(idText(row.id)) ?? {}, phase: phaseOf(row), columns: name, isStale: !isTerminal(phaseOf(row)) && (this.areAllTold || this.told.has(idText(row.id))) });
      this.error = undefined;
      if (isRested) this.restUntil = Date.now() + PAUSE_MS;
    } catch (error) {
      this.error = error;
      this.restUntil = Date.now() + AFTER_FAILURE_MS;
      for (const row of rows) {
        const entry = this.entries.get(idText(row.id));
        if (entry) entry.isStale = true;
      }
    }
    this.isReading = false;
    this.revision++;
    for (const reader of this.readers) reader();
    this.plan();
  }

  private put(id: string, entry: Entry): void {
    this.entries.delete(id);
    this.entries.set(id, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > KEPT && oldest !== undefined) this.entries.delete(oldest);
  }
}

function phaseOf({ closure }: Execution): string {
  return closure?.phase ?? "UNDEFINED";
}

/** Whatever executions have, so that one can choose of it. */
export function allValuesQuery(ids: readonly ExecutionId[]) {
  return queryOptions({
    queryKey: ["execution values", ids.map(idText)],
    queryFn: () => readValues(ids, { all: true }),
    staleTime: 30_000,
    gcTime: 60_000,
  });
}
