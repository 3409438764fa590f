import { address, ApiError, send } from "@/api/client";
import { Frames } from "@/api/frames";
import { keepConnected } from "@/api/reconnect";
import { Watchdog } from "@/api/watchdog";
import type { ExecutionId } from "@/idl";
import { idPath } from "@/lib/id";

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
  const path = ["api/alula/v1/logs", ...idPath(id), nodeId, String(attempt), ...tail];
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
  /** Where to begin; asked anew whenever the connection was lost or the page hidden. */
  from: () => { tail: number } | { offset: number };
  /** Whether what is there fits; otherwise it is asked anew. */
  onBegin: (offset: number, size: number) => boolean;
  onPart: (bytes: Uint8Array) => void;
  /** It is not followed for now; when it is again, it begins again. */
  onLost: () => void;
  /** The attempt has ended, and so has its log. */
  onEnd: () => void;
  onRefused: (error: unknown) => void;
}

/** Follows a log until it ends or is closed: what is there, and what is added. */
export function followLog(place: LogPlace, handlers: FollowHandlers): () => void {
  return keepConnected(async ({ signal, stands }) => {
    const over = new AbortController();
    signal.addEventListener("abort", () => over.abort(), { signal: over.signal });
    let silentSince: number | undefined;
    const silence = new Watchdog((since) => {
      silentSince = since;
      over.abort();
    });
    try {
      const answer = await send(logAddress(place, { follow: 1, frames: 1, ...handlers.from() }), { signal: over.signal });
      silence.expect(Number(answer.headers.get("alula-log-beat-ms")));
      stands();
      const offset = offsetOf(answer);
      const fits = handlers.onBegin(offset, Number(answer.headers.get("alula-log-size") ?? offset));
      if (!fits) {
        await answer.body?.cancel();
        return "again";
      }
      const reader = answer.body?.getReader();
      const frames = new Frames();
      for (;;) {
        const next = await reader?.read();
        if (signal.aborted) return "over";
        if (!next || next.done) break;
        silence.heard();
        for (const part of frames.take(next.value)) if (part.length > 0) handlers.onPart(part);
      }
      if (!frames.isOver) {
        handlers.onLost();
        return "lost";
      }
      handlers.onEnd();
    } catch (error) {
      if (signal.aborted) return "over";
      // A body that breaks off is no refusal: the server went.
      if (error instanceof ApiError && !error.isUnreachable) handlers.onRefused(error);
      else {
        handlers.onLost();
        return silentSince === undefined ? "lost" : { silentSince };
      }
    } finally {
      silence.stop();
      over.abort();
    }
    return "over";
  });
}

/** The next place, from a byte on, where a text stands, or what looks like an error; undefined: there is none. */
export async function findInLog(place: LogPlace, search: { text?: string; pattern?: "error"; from: number; backwards?: boolean }, signal: AbortSignal): Promise<LogFound | undefined> {
  const query = { text: search.text, pattern: search.pattern, from: search.from, backwards: search.backwards ? 1 : undefined };
  const answer = await send(logAddress(place, query, ["find"]), { signal });
  return ((await answer.json()) as LogFound | null) ?? undefined;
}
