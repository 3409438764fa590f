import type { Plain } from "./plain";

// JSON.parse rounds 2^53 + 1 and takes 1.0 for 1; here both are told apart. NaN and infinities are read as Python does.

const NUMBER = /-?(?:Infinity|(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)/y;
const DEEPEST = 200;

/** Reads JSON exactly. Throws a SyntaxError that says where it ends to be JSON. */
export function parseJson(text: string): Plain {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  value(depth: number): Plain {
    if (depth > DEEPEST) throw new SyntaxError("this is nested too deep");
    this.space();
    const next = this.text[this.at];
    if (next === "{") return this.object(depth);
    if (next === "[") return this.list(depth);
    if (next === '"') return this.string();
    for (const [word, value] of [["null", null], ["true", true], ["false", false], ["NaN", Number.NaN]] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail("the end");
  }

  private object(depth: number): Plain {
    const made = new Map<string, Plain>();
    this.at++;
    if (this.skip("}")) return made;
    do {
      this.space();
      if (this.text[this.at] !== '"') this.fail('a name in "quotes"');
      const name = this.string();
      if (!this.skip(":")) this.fail("a colon");
      made.set(name, this.value(depth + 1));
    } while (this.skip(","));
    if (!this.skip("}")) this.fail("a comma or }");
    return made;
  }

  private list(depth: number): Plain {
    const made: Plain[] = [];
    this.at++;
    if (this.skip("]")) return made;
    do made.push(this.value(depth + 1));
    while (this.skip(","));
    if (!this.skip("]")) this.fail("a comma or ]");
    return made;
  }

  private string(): string {
    let to = this.at + 1;
    while (to < this.text.length && this.text[to] !== '"') to += this.text[to] === "\\" ? 2 : 1;
    try {
      const value = JSON.parse(this.text.slice(this.at, to + 1)) as string;
      this.at = to + 1;
      return value;
    } catch {
      return this.fail('a text in "quotes"');
    }
  }

  private number(): bigint | number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) return this.fail("a value");
    this.at += found[0].length;
    const isWhole = found[1] === undefined && found[2] === undefined && !found[0].endsWith("y");
    return isWhole ? BigInt(found[0]) : Number(found[0]);
  }

  private skip(letter: string): boolean {
    this.space();
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private fail(expected: string): never {
    const before = this.text.slice(0, this.at).split("\n");
    const found = this.at < this.text.length ? JSON.stringify(this.text.slice(this.at, this.at + 12)) : "the end";
    throw new SyntaxError(`line ${before.length}, column ${(before.at(-1) ?? "").length + 1}: expected ${expected}, found ${found}`);
  }
}
