import type { ExecutionError } from "@/idl";

export interface ParsedError {
  /** "ValueError" of "RetriesExhausted|USER:ValueError". */
  code: string;
  /** USER, SYSTEM or UNKNOWN. */
  kind: string;
  /** What happened, in one line. */
  headline: string;
  /** The frames and what else there is, empty if there is nothing. */
  trace: string;
  /** "2 of 2": which attempt it was of how many, empty if it is not said. */
  attempts: string;
}

const HEAD = /^\[(\d+)\/(\d+)\] currentAttempt done\. Last Error: (?:USER|SYSTEM|UNKNOWN)?(?:::)?/;

/** An error in the parts that a reader looks for. */
export function parseError(error: ExecutionError): ParsedError {
  const head = HEAD.exec(error.message ?? "");
  const message = (error.message ?? "").slice(head?.[0].length ?? 0).trim();
  const end = message.indexOf("\n");
  const code = (error.code ?? "").split("|").at(-1) ?? "";
  return {
    code: code.replace(/^(USER|SYSTEM|UNKNOWN):+/, ""),
    kind: error.kind ?? "UNKNOWN",
    headline: end < 0 ? message : message.slice(0, end).trim(),
    trace: end < 0 ? "" : message.slice(end).trim(),
    attempts: head ? `${head[1]} of ${head[2]}` : "",
  };
}

const ITEM = /^\[(\d+)\]: ([\w|:.]+): ([\s\S]*?)(?=\n\[\d+\]: |$(?![\s\S]))/;

/** Of a map's error, which tells one item after the other, the first; undefined of any other. */
export function firstItem(error: ParsedError): { item: number; error: ParsedError } | undefined {
  const found = ITEM.exec(error.trace);
  return found ? { item: Number(found[1]), error: parseError({ code: found[2], message: found[3], kind: error.kind as ExecutionError["kind"] }) } : undefined;
}

/** What an error says in one line: its first, of a map with that of its first item, or where it begins with Python's trace the last, which names the exception. */
export function headline(error: string): string {
  const parsed = parseError({ message: error });
  const { headline: first, trace } = parsed;
  const item = firstItem(parsed);
  if (item) return `[${item.item}] ${item.error.headline} · ${first}`;
  if (!first.startsWith("Traceback")) return first;
  return trace.split("\n").findLast((line) => line.trim() && !line.startsWith(" "))?.trim() ?? first;
}
