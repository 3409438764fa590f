import { reportBroken, reportWhole } from "./connection";

export interface StreamHandlers<T> {
  /** One message of the stream. */
  onMessage: (message: T) => void;
  /** The stream stands, `again` after it had been lost: whoever does not get a whole state by the stream itself reads it now. */
  onOpen?: (again: boolean) => void;
  /** The server has said all; it is not opened again. */
  onEnd?: () => void;
  /** The server refuses it for good: what it asks for does not exist. */
  onRefused?: () => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * Follows a stream of server-sent events until it is closed: opened again with growing waits when it is lost, closed while the page is
 * hidden (a browser holds six connections to a server, for all its tabs), opened when it is seen again.
 */
export function openStream<T>(url: string, handlers: StreamHandlers<T>): () => void {
  const name = Symbol(url);
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let hasOpened = false;
  let isOver = false;

  function connect(): void {
    timer = undefined;
    if (isOver || document.visibilityState === "hidden") return;
    const mine = new EventSource(url);
    source = mine;
    mine.onopen = () => {
      wait = FIRST_WAIT_MS;
      reportWhole(name);
      handlers.onOpen?.(hasOpened);
      hasOpened = true;
    };
    mine.onmessage = (event: MessageEvent<string>) => handlers.onMessage(JSON.parse(event.data) as T);
    mine.addEventListener("end", () => {
      stop();
      handlers.onEnd?.();
    });
    mine.onerror = () => {
      mine.close();
      if (source === mine) source = undefined;
      void lost();
    };
  }

  /** A refusal and a lost connection look the same to an EventSource; one plain request tells them apart. What was there may be gone since. */
  async function lost(): Promise<void> {
    if (isOver) return;
    if (await isRefused(url)) {
      stop();
      handlers.onRefused?.();
      return;
    }
    if (isOver) return;
    reportBroken(name);
    timer = setTimeout(connect, wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }

  function onVisibility(): void {
    if (document.visibilityState === "hidden") {
      source?.close();
      source = undefined;
    } else if (!source && timer === undefined) connect();
  }

  function stop(): void {
    isOver = true;
    source?.close();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibility);
    reportWhole(name);
  }

  document.addEventListener("visibilitychange", onVisibility);
  connect();
  return stop;
}

async function isRefused(url: string): Promise<boolean> {
  const control = new AbortController();
  try {
    const answer = await fetch(url, { signal: control.signal });
    return answer.status >= 400 && answer.status < 500;
  } catch {
    return false;
  } finally {
    control.abort();
  }
}
