import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";

/** What can be done with what is open, as the palette offers it. */
export interface PageAction {
  /** Unique among those of a page. */
  id: string;
  label: string;
  icon?: ReactNode;
  onSelect: () => void;
}

const NONE: readonly PageAction[] = [];
const offered = new Map<symbol, readonly PageAction[]>();
const readers = new Set<() => void>();
let all = NONE;

function set(owner: symbol, actions: readonly PageAction[] | undefined): void {
  if (actions) offered.set(owner, actions);
  else offered.delete(owner);
  all = [...offered.values()].flat();
  for (const reader of readers) reader();
}

/** A part of a page offers these in the palette while it is there. */
export function useOffer(actions: readonly PageAction[]): void {
  const [owner] = useState(() => Symbol("offer"));
  // Each time: what an action does is of the page as it is now.
  useEffect(() => set(owner, actions));
  useEffect(() => () => set(owner, undefined), [owner]);
}

/** What the open page offers; followed only while somebody looks. */
export function useOffered(isLooked: boolean): readonly PageAction[] {
  return useSyncExternalStore(isLooked ? subscribe : ignore, isLooked ? () => all : () => NONE);
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

function ignore(): () => void {
  return () => undefined;
}
