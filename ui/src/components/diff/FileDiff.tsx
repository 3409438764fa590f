import clsx from "clsx";
import { UnfoldVertical } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { folded, lineChanges, paired, type Fold, type Line } from "@/compare/version/lines";
import { printable } from "@/lib/printable";

/** Two texts line by line: under each other, or side by side. What is the same far from a change opens on a click. */
export function FileDiff({ before, after, isSplit, label }: { before: string; after: string; isSplit: boolean; label: string }) {
  const lines = useMemo(() => lineChanges(before, after), [before, after]);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  if (!lines) return <p className="px-3 py-2 text-sm text-ink-2">These files differ in too much to be shown line by line.</p>;
  const parts = folded(lines);
  const rows: ReactNode[] = [];
  for (let at = 0; at < parts.length; ) {
    const part = parts[at];
    if (!part) break;
    if (part.kind === "fold") {
      const index = at;
      rows.push(open.has(index) ? <Rows key={`open ${index}`} lines={part.lines} isSplit={isSplit} /> : <FoldRow key={index} fold={part} onOpen={() => setOpen(new Set(open).add(index))} isSplit={isSplit} />);
      at++;
      continue;
    }
    const run: Line[] = [];
    const from = at;
    for (let next = parts[at]; next && next.kind !== "fold"; next = parts[++at]) run.push(next);
    rows.push(<Rows key={from} lines={run} isSplit={isSplit} />);
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div tabIndex={0} role="region" aria-label={label} className="overflow-x-auto">
      <table className="w-full border-collapse font-mono text-xs leading-5">
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

const NUMBER = "w-10 min-w-10 px-2 text-right align-top text-ink-3 select-none";

function Rows({ lines, isSplit }: { lines: readonly Line[]; isSplit: boolean }) {
  if (!isSplit) return lines.map((line, at) => <Unified key={at} line={line} />);
  return paired(lines).map(({ before, after }, at) => (
    <tr key={at}>
      <Half line={before} number={before && "before" in before ? before.before : undefined} />
      <Half line={after} number={after && "after" in after ? after.after : undefined} />
    </tr>
  ));
}

const GROUNDS: Record<Line["kind"], string> = { same: "", gone: "bg-bad-ground", new: "bg-good-ground" };
const SIGNS: Record<Line["kind"], string> = { same: " ", gone: "−", new: "+" };

function Unified({ line }: { line: Line }) {
  return (
    <tr className={GROUNDS[line.kind]} data-line={line.kind}>
      <td className={NUMBER}>{"before" in line ? line.before : ""}</td>
      <td className={NUMBER}>{"after" in line ? line.after : ""}</td>
      <Text line={line} />
    </tr>
  );
}

function Half({ line, number }: { line: Line | undefined; number: number | undefined }) {
  return (
    <>
      <td className={clsx(NUMBER, line ? GROUNDS[line.kind] : "bg-ground-2")}>{number}</td>
      {line ? <Text line={line} className={clsx("w-1/2", GROUNDS[line.kind])} /> : <td className="w-1/2 bg-ground-2" />}
    </>
  );
}

function Text({ line, className }: { line: Line; className?: string }) {
  return (
    <td className={clsx("pr-3 align-top whitespace-pre-wrap [overflow-wrap:anywhere]", className)}>
      <span className={clsx("mr-2 inline-block w-2 select-none", line.kind === "gone" ? "text-bad" : "text-good")}>{SIGNS[line.kind]}</span>
      {line.kind !== "same" && <span className="sr-only">{line.kind === "gone" ? "removed: " : "added: "}</span>}
      {printable(line.text, 2000)}
    </td>
  );
}

function FoldRow({ fold, onOpen, isSplit }: { fold: Fold; onOpen: () => void; isSplit: boolean }) {
  return (
    <tr className="bg-ground-2">
      <td colSpan={isSplit ? 4 : 3}>
        <button type="button" className="flex w-full items-center gap-2 px-3 py-0.5 font-sans text-ink-2 hover:text-ink" onClick={onOpen}>
          <UnfoldVertical aria-hidden className="size-3.5" />
          {fold.lines.length} unchanged lines
        </button>
      </td>
    </tr>
  );
}
