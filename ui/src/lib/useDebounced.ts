import { useEffect, useState } from "react";

const PAUSE_MS = 180;

/** What is typed, once the hand rests: of a word one question is asked, not one for each of its letters. Nothing typed is known at once. */
export function useDebounced(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    if (text === rested) return;
    const timer = setTimeout(() => setRested(text), text === "" ? 0 : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, rested]);
  return text === "" ? "" : rested;
}
