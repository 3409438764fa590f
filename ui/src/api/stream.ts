import { keepConnected, type Outcome, type Standing } from "./reconnect";
import { Watchdog } from "./watchdog";

export interface StreamHandlers<T> {
  /** One message of the stream. */
  onMessage: (message: T) => void;
  /** The stream stands, for the first time or again after it had been lost. */
  onOpen?: () => void;
  /** The server has said all; it is not opened again. */
  onEnd?: () => void;
  /** The server refuses it for good: what it asks for does not exist. */
  onRefused?: () => void;
}

/** Follows a stream of server-sent events until it is closed. */
export function openStream<T>(url: string, handlers: StreamHandlers<T>): () => void {
  return keepConnected(async (standing) => {
    const outcome = await hear(url, standing, handlers);
    if (standing.signal.aborted || outcome === "over") return "over";
    if (typeof outcome === "object") return outcome;
    // A refusal and a lost connection look the same to an EventSource; one plain request tells them apart.
    if (!(await isRefused(url, standing.signal)) || standing.signal.aborted) return "lost";
    handlers.onRefused?.();
    return "over";
  });
}

function hear<T>(url: string, { signal, stands }: Standing, handlers: StreamHandlers<T>): Promise<Outcome> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve("over");
      return;
    }
    const source = new EventSource(url);
    const silence = new Watchdog((silentSince) => end({ silentSince }));
    const end = (outcome: Outcome) => {
      silence.stop();
      source.close();
      resolve(outcome);
    };
    signal.addEventListener("abort", () => end("over"), { once: true });
    source.onopen = () => {
      silence.heard();
      stands();
      handlers.onOpen?.();
    };
    source.addEventListener("beat", (event: MessageEvent<string>) => {
      silence.expect((JSON.parse(event.data) as Beat).every_ms);
    });
    source.onmessage = (event: MessageEvent<string>) => {
      silence.heard();
      handlers.onMessage(JSON.parse(event.data) as T);
    };
    source.addEventListener("end", () => {
      end("over");
      handlers.onEnd?.();
    });
    source.onerror = () => end("lost");
  });
}

interface Beat {
  every_ms: number;
}

/** A server that takes connections and says nothing is as lost as one that takes none. */
const PATIENCE_MS = 5000;

async function isRefused(url: string, signal: AbortSignal): Promise<boolean> {
  const control = new AbortController();
  signal.addEventListener("abort", () => control.abort(), { signal: control.signal });
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(url, { signal: control.signal });
    return answer.status >= 400 && answer.status < 500;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    control.abort();
  }
}
