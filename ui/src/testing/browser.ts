import { vi } from "vitest";

type Listener = (event: { data: string }) => void;

/** A stream of events that a test speaks for; fetch finds no server, so that a lost one is no refusal. */
export class FakeSource {
  static made: FakeSource[] = [];
  private static taken = 0;
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;
  onmessage: Listener | undefined;
  isClosed = false;
  private readonly listeners = new Map<string, Listener>();

  constructor(readonly url: string) {
    FakeSource.made.push(this);
  }

  static install(): void {
    FakeSource.made = [];
    FakeSource.taken = 0;
    vi.stubGlobal("EventSource", FakeSource);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no server")));
  }

  /** The next one that is opened. */
  static async next(): Promise<FakeSource> {
    const at = FakeSource.taken++;
    return vi.waitFor(() => {
      const found = FakeSource.made[at];
      if (!found) throw new Error("none was opened");
      return found;
    }, { timeout: 3000, interval: 5 });
  }

  addEventListener(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  emit(name: string, data: unknown): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data) });
  }

  fail(): void {
    this.onerror?.();
  }
}

type Grant = (lock: object | null) => unknown;

interface Holder {
  free: () => void;
}

/** The locks of a browser, which all its windows share. */
export class FakeLocks {
  private readonly held = new Map<string, Holder>();
  private readonly waiting: { name: string; start: () => void }[] = [];

  static install(): FakeLocks {
    const locks = new FakeLocks();
    vi.stubGlobal("navigator", { locks });
    return locks;
  }

  get names(): string[] {
    return [...this.held.keys()];
  }

  request(name: string, options: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal }, grant: Grant): Promise<unknown> {
    const holder = this.held.get(name);
    if (holder && options.ifAvailable) return Promise.resolve(grant(null));
    if (holder && options.steal) holder.free();
    else if (holder) return this.wait(name, options.signal, grant);
    return this.give(name, grant);
  }

  private give(name: string, grant: Grant): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const holder: Holder = {
        free: () => {
          this.held.delete(name);
          reject(new DOMException("stolen", "AbortError"));
        },
      };
      this.held.set(name, holder);
      void Promise.resolve(grant({ name })).then((value) => {
        if (this.held.get(name) === holder) this.held.delete(name);
        resolve(value);
        const next = this.waiting.findIndex((each) => each.name === name);
        if (next >= 0) this.waiting.splice(next, 1).forEach(({ start }) => start());
      });
    });
  }

  private wait(name: string, signal: AbortSignal | undefined, grant: Grant): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const entry = { name, start: () => void this.give(name, grant).then(resolve, reject) };
      this.waiting.push(entry);
      signal?.addEventListener("abort", () => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(new DOMException("aborted", "AbortError"));
      });
    });
  }
}
