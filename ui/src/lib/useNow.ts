import { useCallback, useSyncExternalStore } from "react";

// One timer for everything on the page that says how long ago.
const listeners = new Map<number, { now: number; readers: Set<() => void>; timer: ReturnType<typeof setInterval> }>();

/** The present, renewed every `step` ms while the page is visible. */
export function useNow(step: number): number {
  return useSyncExternalStore(
    // The same as long as the step is: subscribing anew in each rendering makes another clock, whose time is another, and so on.
    useCallback((listener: () => void) => subscribe(step, listener), [step]),
    () => listeners.get(step)?.now ?? Math.floor(Date.now() / step) * step,
  );
}

function subscribe(step: number, listener: () => void): () => void {
  let clock = listeners.get(step);
  if (!clock) {
    const made = { now: Date.now(), readers: new Set<() => void>(), timer: setInterval(tick, step) };
    function tick() {
      if (document.visibilityState !== "visible") return;
      made.now = Date.now();
      for (const reader of made.readers) reader();
    }
    clock = made;
    listeners.set(step, made);
  }
  const mine = clock;
  mine.readers.add(listener);
  return () => {
    mine.readers.delete(listener);
    if (mine.readers.size === 0) {
      clearInterval(mine.timer);
      listeners.delete(step);
    }
  };
}
