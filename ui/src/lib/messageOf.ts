import { printable } from "./printable";

const LONGEST = 10_000;

/** What an error says, as it may be shown: the server's words name things that others have named. */
export function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error), LONGEST);
}
