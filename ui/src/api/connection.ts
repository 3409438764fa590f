import { useSyncExternalStore } from "react";

/** Whether the page hears the server: one answer for all its streams. */
export interface Connection {
  isLost: boolean;
  /** ms since the epoch; since when nothing was heard. */
  since: number;
}

let current: Connection = { isLost: false, since: 0 };
const broken = new Set<symbol>();
const readers = new Set<() => void>();

export function reportBroken(stream: symbol): void {
  broken.add(stream);
  renew();
}

export function reportWhole(stream: symbol): void {
  broken.delete(stream);
  renew();
}

function renew(): void {
  const isLost = broken.size > 0;
  if (isLost === current.isLost) return;
  current = { isLost, since: Date.now() };
  for (const reader of readers) reader();
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
    () => current,
  );
}
