import { diffLines } from "diff";

export type Line =
  | { kind: "same"; before: number; after: number; text: string }
  | { kind: "gone"; before: number; text: string }
  | { kind: "new"; after: number; text: string };

/** Unchanged lines that are not shown until they are asked for. */
export interface Fold {
  kind: "fold";
  lines: readonly Line[];
}

const CONTEXT = 3;
const LONGEST_MS = 1500;

/** Every line of two texts, with what went before what came; undefined if they are too large to be compared in time. */
export function lineChanges(before: string, after: string): Line[] | undefined {
  const parts = diffLines(before, after, { timeout: LONGEST_MS });
  if (!parts) return undefined;
  const made: Line[] = [];
  let [left, right] = [1, 1];
  for (const part of parts) {
    for (const text of part.value.replace(/\n$/, "").split("\n")) {
      if (part.added) made.push({ kind: "new", after: right++, text });
      else if (part.removed) made.push({ kind: "gone", before: left++, text });
      else made.push({ kind: "same", before: left++, after: right++, text });
    }
  }
  return made;
}

/** The lines with long runs of what is the same folded away, a few lines kept around each change. */
export function folded(lines: readonly Line[]): (Line | Fold)[] {
  const made: (Line | Fold)[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (!line) break;
    if (line.kind !== "same") {
      made.push(line);
      at++;
      continue;
    }
    let end = at;
    while (lines[end]?.kind === "same") end++;
    const head = at === 0 ? 0 : CONTEXT;
    const tail = end === lines.length ? 0 : CONTEXT;
    if (end - at > head + tail + 1) {
      made.push(...lines.slice(at, at + head), { kind: "fold", lines: lines.slice(at + head, end - tail) }, ...lines.slice(end - tail, end));
    } else made.push(...lines.slice(at, end));
    at = end;
  }
  return made;
}

export interface Pair {
  before?: Line;
  after?: Line;
}

/** Lines for two columns: what went beside what came in its place. */
export function paired(lines: readonly Line[]): Pair[] {
  const made: Pair[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (!line) break;
    if (line.kind === "same") {
      made.push({ before: line, after: line });
      at++;
      continue;
    }
    const gone: Line[] = [];
    const come: Line[] = [];
    for (let next = lines[at]; next && next.kind !== "same"; next = lines[++at]) (next.kind === "gone" ? gone : come).push(next);
    for (let row = 0; row < Math.max(gone.length, come.length); row++) made.push({ before: gone[row], after: come[row] });
  }
  return made;
}
