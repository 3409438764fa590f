import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { allValuesQuery, ValueStore, type ExecutionValues } from "@/api/execution/values";
import { columnLooks, knownColumns, sortedByCell, valueCell } from "@/compare/column";
import { columnsOf, type ColumnKind, type ColumnLook, type ValueColumn } from "@/compare/columnKey";
import type { ValueSort } from "@/components/execution/ValueCells";
import type { Execution, ExecutionId } from "@/idl";
import { count } from "@/lib/size";

/** So many of the rows that are loaded are looked at for what one may choose. */
const LOOKED_AT = 300;
/** A list that is longer is not sorted: every row's value would have to be read. */
export const MOST_SORTED = 500;

export interface Values {
  columns: readonly ValueColumn[];
  looks: readonly ColumnLook[];
  /** In the order of the list, or of the column that it is sorted by. */
  rows: readonly Execution[];
  of: (id: ExecutionId | undefined) => ExecutionValues | undefined;
  /** Of all rows it is known what they have. */
  areKnown: boolean;
  onSeen: (first: number, last: number) => void;
  failure: { data: unknown; error: unknown; isError: boolean; refetch: () => unknown };
}

/** What stands beside the rows of the list: of those in view, or of all that are loaded where they are sorted by it. */
export function useValues(executions: readonly Execution[], keys: readonly string[], sort: ValueSort | undefined): Values {
  const [store] = useState(() => new ValueStore());
  const revision = useSyncExternalStore(store.subscribe, store.current);
  const name = JSON.stringify(keys);
  const columns = useMemo(() => columnsOf(JSON.parse(name) as string[]), [name]);
  const sorted = columns.find(({ key }) => key === sort?.key);
  const isDown = sort?.isDown ?? false;
  const rows = useMemo(
    () => (sorted ? sortedByCell(executions, ({ id }) => valueCell(store.of(id) ?? {}, sorted), isDown) : executions),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what the store holds is another with each revision
    [executions, sorted, isDown, store, revision],
  );
  // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
  const drawn = JSON.stringify(useMemo(() => columnLooks(columns, executions.map(({ id }) => store.of(id))), [columns, executions, store, revision]));
  // The same object while nothing in it changes: rows are not drawn anew.
  const looks = useMemo(() => JSON.parse(drawn) as ColumnLook[], [drawn]);
  const seen = useRef({ first: 0, last: -1 });
  const isWhole = sorted !== undefined;
  const want = useCallback(() => {
    const { first, last } = seen.current;
    store.want(isWhole ? executions : executions.slice(first, last + 1), JSON.parse(name) as string[]);
  }, [store, executions, isWhole, name]);
  useEffect(want, [want]);
  const onSeen = useCallback(
    (first: number, last: number) => {
      seen.current = { first, last };
      want();
    },
    [want],
  );
  const areKnown = executions.every(({ id }) => store.of(id) !== undefined);
  return { columns, looks, rows, areKnown, of: store.of, onSeen, failure: { data: store.error, error: store.error, isError: store.error !== undefined, refetch: store.retry } };
}

export interface Known {
  known: Record<ColumnKind, ValueColumn[]> | undefined;
  note: string;
  error: unknown;
  onOpen: (isOpen: boolean) => void;
}

/** What columns there are to choose from, looked for once the menu is opened. */
export function useKnownColumns(executions: readonly Execution[]): Known {
  const [asked, setAsked] = useState<{ ids: readonly ExecutionId[]; loaded: number }>();
  const { data, error } = useQuery({ ...allValuesQuery(asked?.ids ?? []), enabled: asked !== undefined });
  const known = useMemo(() => data && knownColumns(data), [data]);
  const onOpen = useCallback(
    (isOpen: boolean) => setAsked(isOpen ? { ids: executions.slice(0, LOOKED_AT).map(({ id }) => id ?? {}), loaded: executions.length } : undefined),
    [executions],
  );
  const { ids = [], loaded = 0 } = asked ?? {};
  const whole = ids.length === 1 ? "What the row that is loaded has" : `What the ${ids.length} rows that are loaded have`;
  const note = loaded > ids.length ? `What the first ${ids.length} of ${count(loaded)} rows have` : whole;
  return { known, note, error, onOpen };
}
