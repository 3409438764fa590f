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

const versions = new WeakMap<object, number>();
let version = 0;

/** A number that is another one for each object: a node that has changed is another object. */
export function versionOf(value: object | undefined): number {
  if (!value) return 0;
  const known = versions.get(value) ?? ++version;
  versions.set(value, known);
  return known;
}
