import { parseError } from "@/graph/cause";

/** What an error says in one line: its first, or where it begins with Python's trace the last, which names the exception. */
export function headline(error: string): string {
  const { headline: first, trace } = parseError({ message: error });
  if (!first.startsWith("Traceback")) return first;
  return trace.split("\n").findLast((line) => line.trim() && !line.startsWith(" "))?.trim() ?? first;
}
