// Flyte's words around the error of the last attempt; they say nothing that its phase does not.
const WRAPPED = /^\[\d+\/\d+\] currentAttempt done\. Last Error: (?:USER|SYSTEM)::/;

/** What an error says in one line: its first, or where it begins with Python's trace the last, which names the exception. */
export function headline(error: string): string {
  const lines = error.replace(WRAPPED, "").split("\n").filter((line) => line.trim());
  const first = lines[0]?.trim() ?? "";
  if (!first.startsWith("Traceback")) return first;
  return lines.findLast((line) => !line.startsWith(" "))?.trim() ?? first;
}
