import { keepConnected, type Outcome, type Standing } from "./keep";

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
    const end = (outcome: Outcome) => {
      source.close();
      resolve(outcome);
    };
    signal.addEventListener("abort", () => end("over"), { once: true });
    source.onopen = () => {
      stands();
      handlers.onOpen?.();
    };
    source.onmessage = (event: MessageEvent<string>) => handlers.onMessage(JSON.parse(event.data) as T);
    source.addEventListener("end", () => {
      end("over");
      handlers.onEnd?.();
    });
    source.onerror = () => end("lost");
  });
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
