import type { KeyboardEvent } from "react";
import { actionOf } from "@/lib/shortcuts";

const PAGE = 15;
/** A row that was out of sight is in the page some frames after it was scrolled to. */
const MOST_FRAMES = 10;

/** Where a key leads in a list, from `at`; undefined: nowhere. In a field of several columns up and down go by rows. */
export function nextIndex(event: KeyboardEvent, at: number, count: number, columns = 1): number | undefined {
  const action = actionOf("list", event);
  if (action === undefined || (columns === 1 && (action === "left" || action === "right"))) return undefined;
  const step = { down: columns, up: -columns, pageDown: PAGE * columns, pageUp: -PAGE * columns, first: -count, last: count, right: 1, left: -1 }[action];
  const isPast = Math.abs(step) === columns && (at + step < 0 || at + step >= count);
  return isPast ? at : Math.max(0, Math.min(count - 1, at + step));
}

/** Gives the focus to what `selector` finds in a virtual list, which `scroll` brings into sight. */
export function focusInList(area: HTMLElement | null, selector: string, scroll: () => void): void {
  let left = MOST_FRAMES;
  function look(): void {
    const found = area?.querySelector<HTMLElement>(selector);
    if (found) found.focus();
    else if (left-- > 0) requestAnimationFrame(look);
  }
  scroll();
  look();
}
