import type { ParsedError } from "./error";

/** What a task needed that was ended for its memory. */
export interface OutOfMemory {
  /** "300 MiB", empty if it is not said. */
  used: string;
  limit: string;
  /** What to ask for, as the setting takes it: "512Mi". */
  ask: string;
}

const SAID = /used (\d+) MiB, its limit is (\d+) MiB/;
/** More than it had when it was ended: it was not done. */
const ROOM = 1.5;
const LEAST = 256;

/** Undefined of any other error. */
export function outOfMemory(error: ParsedError): OutOfMemory | undefined {
  if (error.code !== "OOM") return undefined;
  const said = SAID.exec(error.headline);
  if (!said) return { used: "", limit: "", ask: "4Gi" };
  return { used: `${said[1]} MiB`, limit: `${said[2]} MiB`, ask: askFor(Number(said[1]) * ROOM) };
}

function askFor(mib: number): string {
  let size = LEAST;
  while (size < mib) size *= 2;
  return size < 1024 ? `${size}Mi` : `${size / 1024}Gi`;
}
