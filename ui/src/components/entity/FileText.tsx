import { useLayoutEffect, useMemo, useRef } from "react";
import { lineOf } from "@/lib/codeOf";
import { printable } from "@/lib/printable";

const LINE = 20;
const LINES_ABOVE = 4;
const LINE_CHARACTERS = 2000;

/** The lines of a file with their numbers, scrolled to the function that is looked for. Two blocks of text: a browser draws and searches a MiB of it at once. */
export function FileText({ text, label, sought }: { text: string; label: string; sought?: string }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => text.replace(/\r?\n$/, "").split(/\r?\n/), [text]);
  const shown = useMemo(() => lines.map((line) => printable(line, LINE_CHARACTERS)).join("\n"), [lines]);
  const numbers = useMemo(() => lines.map((_, at) => at + 1).join("\n"), [lines]);
  const marked = useMemo(() => (sought === undefined ? undefined : lineOf(sought, lines)), [sought, lines]);
  useLayoutEffect(() => {
    box.current?.scrollTo({ top: marked === undefined ? 0 : Math.max(0, marked - 1 - LINES_ABOVE) * LINE, left: 0, behavior: "instant" });
  }, [marked, text]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div ref={box} tabIndex={0} role="region" aria-label={label} className="min-h-0 flex-1 overflow-auto bg-ground">
      <div className="relative flex w-max min-w-full py-2 font-mono text-xs leading-[20px]">
        {marked !== undefined && <div aria-hidden data-line={marked} className="absolute right-0 left-0 h-[20px] bg-busy-ground" style={{ top: 8 + (marked - 1) * LINE }} />}
        <pre aria-hidden className="sticky left-0 z-10 shrink-0 border-r border-line bg-ground px-3 text-right text-ink-3 select-none">
          {numbers}
        </pre>
        <pre className="relative px-3">{shown}</pre>
      </div>
    </div>
  );
}
