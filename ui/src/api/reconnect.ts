import { reportBroken, reportServed, reportWaiting, reportWhole } from "./connection";
import { slot, slotFreed, type Slot } from "./slots";

/** over: the server has said all, or refuses. lost: it is tried again after a while. again: at once. Silent: lost, without a sign of it. */
export type Outcome = "over" | "lost" | "again" | Silence;

/** Nothing was heard since then (ms since the epoch) although the connection seems to stand. */
export interface Silence {
  silentSince: number;
}

export interface Standing {
  /** The connection is to be closed: the page is hidden, or nobody looks at what it brings. */
  signal: AbortSignal;
  /** To be called when the server has answered. */
  stands: () => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Those that are open or being opened. */
const open = new Set<AbortController>();
/** One fell silent, and none was heard since: whatever was opened before may hang as well, and hang on when the server is back. */
let isSuspect = false;

function clearSuspicion(heard: AbortController): void {
  if (!isSuspect) return;
  isSuspect = false;
  for (const other of open) if (other !== heard) other.abort();
}

/**
 * Keeps a connection until it is over or no longer wanted: made again with growing waits when it is lost, closed while the page is hidden,
 * made again when it is seen.
 */
export function keepConnected(connect: (standing: Standing) => Promise<Outcome>): () => void {
  const name = Symbol("stream");
  const wanted = new AbortController();
  void keep(name, connect, wanted.signal).finally(() => reportWhole(name));
  return () => {
    wanted.abort();
    reportWhole(name);
  };
}

async function keep(name: symbol, connect: (standing: Standing) => Promise<Outcome>, wanted: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let mayTake = true;
  while (!wanted.aborted) {
    await seen(wanted);
    const held = await slotFor(name, mayTake, wanted);
    if (!held) return;
    const closing = new AbortController();
    open.add(closing);
    const stands = () => {
      wait = FIRST_WAIT_MS;
      reportWhole(name);
      clearSuspicion(closing);
    };
    let isTaken = false;
    void held.lost.then(() => {
      isTaken = !closing.signal.aborted;
      closing.abort();
    });
    const forget = onHidden(() => closing.abort());
    wanted.addEventListener("abort", () => closing.abort(), { signal: closing.signal });
    const outcome = wanted.aborted ? "over" : await connect({ signal: closing.signal, stands });
    forget();
    const isClosed = closing.signal.aborted;
    closing.abort();
    open.delete(closing);
    held.release();
    // What was taken is not taken back before this window is used: two windows would take turns for ever.
    mayTake = !isTaken && (isClosed || document.hasFocus());
    if (isClosed || outcome === "again") continue;
    if (outcome === "over") return;
    isSuspect ||= outcome !== "lost";
    reportBroken(name, outcome === "lost" ? undefined : outcome.silentSince);
    await pause(wait, wanted);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** A slot at once where the window is used, else when it is or when another window leaves one. */
async function slotFor(name: symbol, isUsed: boolean, wanted: AbortSignal): Promise<Slot | undefined> {
  let mayTake = isUsed;
  while (!wanted.aborted) {
    const found = await slot(mayTake);
    if (found) {
      reportServed(name);
      return found;
    }
    reportWaiting(name);
    const turn = new AbortController();
    const used = nextUse(turn.signal).then(() => {
      mayTake = true;
    });
    await Promise.race([used, slotFreed(turn.signal), aborted(wanted, turn.signal)]);
    turn.abort();
  }
  return undefined;
}

function nextUse(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["focus", "pointerdown", "keydown"]) window.addEventListener(event, () => resolve(), { signal, capture: true });
  });
}

async function seen(wanted: AbortSignal): Promise<void> {
  if (document.visibilityState !== "hidden") return;
  const done = new AbortController();
  const shown = new Promise<void>((resolve) => {
    document.addEventListener("visibilitychange", () => document.visibilityState !== "hidden" && resolve(), { signal: done.signal });
  });
  await Promise.race([shown, aborted(wanted, done.signal)]);
  done.abort();
}

function onHidden(act: () => void): () => void {
  const heard = () => document.visibilityState === "hidden" && act();
  document.addEventListener("visibilitychange", heard);
  heard();
  return () => document.removeEventListener("visibilitychange", heard);
}

/** Resolves when `signal` is aborted, unless it is no longer waited for: a stream is kept for days. */
function aborted(signal: AbortSignal, unwanted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { signal: unwanted });
  });
}

async function pause(ms: number, wanted: AbortSignal): Promise<void> {
  const done = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, ms))), aborted(wanted, done.signal)]);
  done.abort();
  clearTimeout(timer);
}
