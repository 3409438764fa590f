import { useEffect, useState } from "react";

/** What had the focus before something lay over the page has it afterwards, unless the page went elsewhere. */
export function useFocusBack(isOver: boolean): void {
  const [before, setBefore] = useState<Element | null>(null);
  const [wasOver, setWasOver] = useState(false);
  if (wasOver !== isOver) {
    setWasOver(isOver);
    // Here, not in an effect: by then what lies over it has the focus.
    if (isOver) setBefore(document.activeElement);
  }
  useEffect(() => {
    if (isOver || !(before instanceof HTMLElement)) return;
    const timer = setTimeout(() => {
      if (before.isConnected && document.activeElement === document.body) before.focus();
    });
    return () => clearTimeout(timer);
  }, [isOver, before]);
}
