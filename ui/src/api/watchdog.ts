/** So many beats of the server are missed, and it counts as not heard. */
const BEATS_MISSED = 2;
/** A server that takes a connection and answers nothing for so long is not heard. */
const FIRST_ANSWER_MS = 15_000;
/** After a page stood still, its machine asleep or its thread busy, what had come meanwhile is still to be taken. */
const LATE_MS = 1000;

/** Notices when nothing is heard for too long. */
export class Watchdog {
  private allowed = FIRST_ANSWER_MS;
  private heardAt = Date.now();
  private timer: ReturnType<typeof setTimeout>;

  constructor(private readonly onSilent: (since: number) => void) {
    this.timer = this.wait(this.allowed);
  }

  /** The server says something this often at least. */
  expect(everyMs: number): void {
    this.allowed = BEATS_MISSED * everyMs;
    this.heard();
  }

  heard(): void {
    this.heardAt = Date.now();
    clearTimeout(this.timer);
    this.timer = this.wait(this.allowed);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private wait(ms: number): ReturnType<typeof setTimeout> {
    const due = Date.now() + ms;
    return setTimeout(() => {
      if (Date.now() > due + LATE_MS) this.timer = this.wait(LATE_MS);
      else this.onSilent(this.heardAt);
    }, ms);
  }
}
