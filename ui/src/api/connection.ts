import { useSyncExternalStore } from "react";

/** Whether the page hears the server: one answer for all its streams. */
export interface Connection {
  /** lost: the server does not answer. waiting: other windows hold all the connections that a browser has. */
  state: "whole" | "waiting" | "lost";
  /** ms since the epoch; since when nothing was heard. */
  since: number;
}

let current: Connection = { state: "whole", since: 0 };
const broken = new Set<symbol>();
const waiting = new Set<symbol>();
const readers = new Set<() => void>();

/** @param heardAt when something was heard last, in ms since the epoch. */
export function reportBroken(stream: symbol, heardAt = Date.now()): void {
  broken.add(stream);
  renew(heardAt);
}

export function reportWaiting(stream: symbol): void {
  waiting.add(stream);
  renew();
}

/** It no longer waits for other windows; whether the server is heard shows when it answers. */
export function reportServed(stream: symbol): void {
  waiting.delete(stream);
  renew();
}

export function reportWhole(stream: symbol): void {
  broken.delete(stream);
  waiting.delete(stream);
  renew();
}

function renew(since = Date.now()): void {
  const state = broken.size > 0 ? "lost" : waiting.size > 0 ? "waiting" : "whole";
  if (state === current.state) return;
  current = { state, since };
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
