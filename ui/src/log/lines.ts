/** A log as lines, of which only a part has been read. Offsets are bytes from the attempt's first. */

const NEWLINE = 10;
/** So much is held; a log that goes on loses its earliest part, which can be read again. */
const MOST_BYTES = 48 << 20;
/** A line goes on in another after so much: one that never ends would be put together anew with each piece of it. */
const LONGEST_LINE = 256 << 10;

export interface Line {
  /** Where it begins. */
  offset: number;
  text: string;
}

export class LogLines {
  /** Where what is held begins and ends. */
  start: number;
  end: number;
  lines: Line[] = [];
  private readonly decoder = new TextDecoder();
  /** The last line, as long as its end has not come. */
  private rest = new Uint8Array();
  private restIsShown = false;

  constructor(offset: number) {
    this.start = offset;
    this.end = offset;
  }

  /** Bytes that follow what is held. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.dropRest();
    const whole = joined(this.rest, bytes);
    const begin = this.end - this.rest.length;
    this.end += bytes.length;
    const used = this.split(whole, begin, this.lines);
    this.rest = whole.slice(used + this.breakUp(whole, used, begin));
    this.showRest();
    if (this.end - this.start > MOST_BYTES) this.forgetEarliest();
  }

  /** Bytes that end where what is held begins. */
  prepend(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const first = this.lines[0];
    const begin = this.start - bytes.length;
    const earlier: Line[] = [];
    const used = this.split(bytes, begin, earlier);
    const tail = bytes.subarray(used);
    // A line without an end is put together anew when more of it comes: it keeps its bytes.
    if (tail.length && this.restIsShown && this.lines.length === 1) this.rest = joined(tail, this.rest);
    if (tail.length && first) {
      // The first line held began in the middle: now it has its beginning.
      this.lines[0] = { offset: begin + used, text: this.decoder.decode(tail) + first.text };
    } else if (tail.length) earlier.push({ offset: begin + used, text: this.decoder.decode(tail) });
    this.lines = [...earlier, ...this.lines];
    this.start = begin;
  }

  /** The line a byte lies in; -1: it is not held. */
  indexOf(offset: number): number {
    if (offset < this.start || offset >= this.end) return -1;
    let [low, high] = [0, this.lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lines[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private split(bytes: Uint8Array, begin: number, into: Line[]): number {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      into.push({ offset: begin + from, text: this.decoder.decode(bytes.subarray(from, at)) });
      from = at + 1;
    }
    return from;
  }

  /** Makes lines of what has no end and is too long for one, never within a character; gives how many bytes that took. */
  private breakUp(bytes: Uint8Array, from: number, begin: number): number {
    let at = from;
    while (bytes.length - at > LONGEST_LINE) {
      let to = at + LONGEST_LINE;
      while (to > at + LONGEST_LINE - 4 && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--;
      this.lines.push({ offset: begin + at, text: this.decoder.decode(bytes.subarray(at, to)) });
      at = to;
    }
    return at - from;
  }

  private dropRest(): void {
    if (this.restIsShown) this.lines.pop();
    this.restIsShown = false;
  }

  private showRest(): void {
    if (this.rest.length === 0) return;
    this.lines.push({ offset: this.end - this.rest.length, text: this.decoder.decode(this.rest) });
    this.restIsShown = true;
  }

  private forgetEarliest(): void {
    const kept = this.indexOf(this.end - MOST_BYTES / 2);
    this.lines = this.lines.slice(kept);
    this.start = this.lines[0]?.offset ?? this.end;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

const ERROR = /\b(?:Traceback|[A-Z]\w*(?:Error|Exception)\b|ERROR|FATAL|CRITICAL|panic:|Segmentation fault|Killed)/;

/** Whether a line looks as if something went wrong. */
export function looksLikeError(text: string): boolean {
  return ERROR.test(text.length > 4000 ? text.slice(0, 4000) : text);
}

/** The first line from an index on (backwards: before it) that holds a text, whatever its case; -1: there is none. */
export function findLine(lines: readonly Line[], text: string, from: number, isBackwards: boolean): number {
  const wanted = text.toLowerCase();
  const step = isBackwards ? -1 : 1;
  for (let at = from; at >= 0 && at < lines.length; at += step) if (lines[at]?.text.toLowerCase().includes(wanted)) return at;
  return -1;
}
