import { useEffect, type RefObject } from "react";

/** Says which rows of a table, from one to another, are in view in what scrolls it: at first, when it is scrolled, and when `count` changes. */
export function useRowsInView(within: RefObject<HTMLElement | null>, count: number, onSeen: (first: number, last: number) => void): void {
  useEffect(() => {
    const area = scrollerOf(within.current);
    if (!area || count === 0) return;
    let frame = 0;
    function look(): void {
      frame = 0;
      const rows = within.current?.querySelectorAll("tbody > tr");
      if (!area || !rows?.length) return;
      const { top, bottom } = area.getBoundingClientRect();
      const last = countUntil(rows, (row) => row.getBoundingClientRect().top >= bottom) - 1;
      onSeen(countUntil(rows, (row) => row.getBoundingClientRect().bottom > top), Math.max(0, last));
    }
    const soon = () => (frame ||= requestAnimationFrame(look));
    soon();
    area.addEventListener("scroll", soon, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      area.removeEventListener("scroll", soon);
    };
  }, [within, count, onSeen]);
}

/** How many rows there are before the first that `isPast`: they lie beneath each other. */
function countUntil(rows: NodeListOf<Element>, isPast: (row: Element) => boolean): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const row = rows[middle];
    if (row && isPast(row)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  for (let at = element; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  return null;
}
