import { useEffect, useRef } from "react";
import { actionNamed, keyOf, type Action, type Area } from "./shortcuts";

const TOGETHER_MS = 900;

/**
 * What keys of an area do wherever no text is being typed; those with ⌘ or Ctrl work in fields, too.
 */
export function useShortcuts<A extends Area>(area: A, actions: Readonly<Partial<Record<Action<A>, () => void>>>): void {
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });
  useEffect(() => {
    let first = "";
    let at = 0;
    function onKey(event: KeyboardEvent): void {
      const key = keyOf(event);
      if (event.metaKey || event.ctrlKey) {
        run(key, event);
        return;
      }
      if (event.altKey || isTyping(event.target) || event.defaultPrevented) return;
      const both = `${first} ${key}`;
      const isSecond = first !== "" && event.timeStamp - at < TOGETHER_MS;
      if (!(isSecond && run(both, event))) run(key, event);
      first = key;
      at = event.timeStamp;
    }
    function run(key: string, event: KeyboardEvent): boolean {
      const name = actionNamed(area, key);
      const act = name && current.current[name];
      if (!act) return false;
      event.preventDefault();
      act();
      return true;
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [area]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest("[role=dialog],[role=menu],[role=alertdialog]") !== null;
}
