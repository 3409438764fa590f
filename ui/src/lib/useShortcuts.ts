import { useEffect, useRef } from "react";

const TOGETHER_MS = 900;

/**
 * Keys that work wherever no text is being typed: "g e" is g and then e, "mod+k" is ⌘K or Ctrl+K and works in fields, too.
 */
export function useShortcuts(shortcuts: Readonly<Record<string, () => void>>): void {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    let first = "";
    let at = 0;
    function onKey(event: KeyboardEvent): void {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (event.metaKey || event.ctrlKey) {
        run(`mod+${key}`, event);
        return;
      }
      if (event.altKey || isTyping(event.target) || event.defaultPrevented) return;
      const both = `${first} ${key}`;
      const isSecond = first !== "" && event.timeStamp - at < TOGETHER_MS;
      if (!(isSecond && run(both, event))) run(key, event);
      first = key;
      at = event.timeStamp;
    }
    function run(name: string, event: KeyboardEvent): boolean {
      const act = current.current[name];
      if (!act) return false;
      event.preventDefault();
      act();
      return true;
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest("[role=dialog],[role=menu],[role=alertdialog]") !== null;
}
