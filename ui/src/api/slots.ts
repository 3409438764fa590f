/**
 * A browser holds six connections to a server, for all its windows together. Streams take no more than five of them, so that a request
 * always finds one: a window that is used takes a slot from one that is merely seen, which says so and goes on when it is used again.
 */
const SLOTS = 5;

export interface Slot {
  release: () => void;
  /** Another window has taken it. */
  lost: Promise<void>;
}

const NAMES = Array.from({ length: SLOTS }, (_, at) => `alula-stream-${at}`);
const mine = new Set<string>();

/** A slot, if one is free or, where `mayTake`, another window's. */
export async function slot(mayTake: boolean): Promise<Slot | undefined> {
  // Only pages of a safe origin have locks; elsewhere streams are not counted.
  if (!("locks" in navigator)) return { release: () => undefined, lost: new Promise(() => undefined) };
  for (const name of NAMES) {
    const found = await hold(name, { ifAvailable: true });
    if (found) return found;
  }
  const others = NAMES.filter((name) => !mine.has(name));
  const chosen = others[Math.floor(Math.random() * others.length)];
  return mayTake && chosen ? hold(chosen, { steal: true }) : undefined;
}

/** Resolves when another window has left a slot. */
export async function slotFreed(signal: AbortSignal): Promise<void> {
  if (!("locks" in navigator)) return;
  await Promise.race(NAMES.map((name) => navigator.locks.request(name, { signal }, () => undefined))).catch(() => undefined);
}

function hold(name: string, options: LockOptions): Promise<Slot | undefined> {
  return new Promise((resolve) => {
    let isHeld = false;
    let release: () => void = () => undefined;
    let lose: () => void = () => undefined;
    const held = new Promise<void>((done) => (release = done));
    const lost = new Promise<void>((done) => (lose = done));
    const request = navigator.locks.request(name, options, (lock) => {
      if (!lock) return undefined;
      isHeld = true;
      mine.add(name);
      resolve({ release, lost });
      return held;
    });
    void request
      .catch(() => undefined)
      .then(() => {
        // One that was not to be had may be held by another stream of this window.
        if (isHeld) mine.delete(name);
        lose();
        resolve(undefined);
      });
  });
}
