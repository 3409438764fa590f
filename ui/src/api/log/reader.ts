import { address, send } from "@/api/client";
import type { ExecutionId } from "@/idl";

/** Which attempt's log. `item` counts from 0; -1: an ordinary task. */
export interface LogPlace {
  id: ExecutionId;
  nodeId: string;
  attempt: number;
  item: number;
}

export interface LogPart {
  /** Where `bytes` begin, counted from the attempt's first byte. */
  offset: number;
  bytes: Uint8Array;
}

export interface LogFound {
  /** Of the match. */
  offset: number;
  /** Of the line it is in. */
  line_start: number;
}

export function logAddress(place: LogPlace, query: Record<string, string | number | undefined> = {}, tail: readonly string[] = []): string {
  const { id, nodeId, attempt, item } = place;
  const path = ["api/alula/v1/logs", id.project ?? "", id.domain ?? "", id.name ?? "", nodeId, String(attempt), ...tail];
  return address(path, { ...query, item: item >= 0 ? item : undefined });
}

function offsetOf(answer: Response): number {
  return Number(answer.headers.get("alula-log-offset") ?? 0);
}

/** Bytes `from` up to `to` of a log, as far as they are there, and how long the log is by now. */
export async function readLog(place: LogPlace, from: number, to: number, signal: AbortSignal): Promise<LogPart & { size: number }> {
  const answer = await send(logAddress(place, { offset: from, limit: to - from }), { signal });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { offset: from, bytes: bytes.subarray(0, to - from), size: Number(answer.headers.get("alula-log-size") ?? from + bytes.length) };
}

export interface FollowHandlers {
  onBegin: (offset: number, size: number) => void;
  onPart: (bytes: Uint8Array) => void;
}

/** Reads a log from an offset, or from so far before its end, and what is added until the attempt ends. */
export async function followLog(place: LogPlace, begin: { tail: number } | { offset: number }, handlers: FollowHandlers, signal: AbortSignal): Promise<void> {
  const answer = await send(logAddress(place, { follow: 1, ...begin }), { signal });
  const offset = offsetOf(answer);
  handlers.onBegin(offset, Number(answer.headers.get("alula-log-size") ?? offset));
  const reader = answer.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) return;
    handlers.onPart(next.value);
  }
}

/** The next place, from a byte on, where a text stands, or what looks like an error; undefined: there is none. */
export async function findInLog(place: LogPlace, search: { text?: string; pattern?: "error"; from: number; backwards?: boolean }, signal: AbortSignal): Promise<LogFound | undefined> {
  const query = { text: search.text, pattern: search.pattern, from: search.from, backwards: search.backwards ? 1 : undefined };
  const answer = await send(logAddress(place, query, ["find"]), { signal });
  return ((await answer.json()) as LogFound | null) ?? undefined;
}
