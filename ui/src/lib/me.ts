import { useSyncExternalStore } from "react";
import { keep, recall } from "./storage";

/** As the server bounds it: bytes in UTF-8. */
const MOST_BYTES = 256;
const readers = new Set<() => void>();
let name = recall("me", "", isMe);

/** What is wrong with a name that somebody says is theirs; nothing: the server takes it. Empty is nobody. */
export function faultOf(said: string): string {
  // Letters and signs of any script, and the space: what the server holds for printable.
  if (/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(said)) return "Expected printable characters only";
  const bytes = new TextEncoder().encode(said).length;
  return bytes > MOST_BYTES ? `Expected at most ${MOST_BYTES} bytes in UTF-8, and these are ${bytes}` : "";
}

function isMe(value: unknown): value is string {
  return typeof value === "string" && value === value.trim() && faultOf(value) === "";
}

/** The name under which this browser changes something; empty: none was said. */
export function me(): string {
  return name;
}

export function setMe(said: string): void {
  const trimmed = said.trim();
  if (!isMe(trimmed)) throw new Error(faultOf(trimmed));
  name = trimmed;
  keep("me", name);
  for (const reader of readers) reader();
}

export function useMe(): string {
  return useSyncExternalStore(subscribe, me);
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

// Another window of this browser may have said it.
if (typeof window !== "undefined") {
  window.addEventListener("storage", ({ key }) => {
    if (key !== null && key !== "alula.me") return;
    name = recall("me", "", isMe);
    for (const reader of readers) reader();
  });
}
