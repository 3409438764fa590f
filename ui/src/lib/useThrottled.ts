import { useEffect, useRef, useState } from "react";

/** A value that follows another at once, and then no more than once in `pause` ms: what is asked for by it is not asked for in every frame. */
export function useThrottled<T>(value: T, pause = 1500): T {
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
