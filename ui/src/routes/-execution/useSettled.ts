import { useEffect, useRef, useState } from "react";

/** A value that follows another at once, and then no more than once in `pause` ms: what is asked for by it is not asked for in every frame. */
export function useSettled<T>(value: T, pause = 1500): T {
  const [settled, setSettled] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        last.current = Date.now();
        setSettled(value);
      },
      Math.max(0, last.current + pause - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}

const MANY_NODES = 2000;

/** When all attempts of a run are read again: soon after a change, of a large one some seconds after. */
export function useAttemptsAt(run: { revision: number; nodes: ReadonlyMap<string, unknown> }): number {
  return useSettled(run.revision, run.nodes.size > MANY_NODES ? 8000 : 1500);
}
