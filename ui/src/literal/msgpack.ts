import type { Plain } from "./plain";
import { isList, isMap } from "./plain";

// Written here because a record is known by its bytes (the output cache compares them) and `1` is not `1.0`: JavaScript's own numbers,
// and so every library for msgpack, do not tell these two apart. The bytes are those that Python's `msgpack.packb` writes.

const DEEPEST = 200;

export function encodeMsgpack(plain: Plain): Uint8Array {
  const out: number[] = [];
  write(plain, out, 0);
  return Uint8Array.from(out);
}

function write(plain: Plain, out: number[], depth: number): void {
  if (depth > DEEPEST) throw new RangeError("this is nested too deep");
  if (plain === null) out.push(0xc0);
  else if (typeof plain === "boolean") out.push(plain ? 0xc3 : 0xc2);
  else if (typeof plain === "bigint") writeInt(plain, out);
  else if (typeof plain === "number") writeFloat(plain, out);
  else if (typeof plain === "string") {
    const bytes = new TextEncoder().encode(plain);
    head(bytes.length, out, [0xa0, 32], [0xd9, 0xda, 0xdb]);
    for (const byte of bytes) out.push(byte);
  } else if (plain instanceof Uint8Array) {
    head(plain.length, out, undefined, [0xc4, 0xc5, 0xc6]);
    for (const byte of plain) out.push(byte);
  } else if (isList(plain)) {
    head(plain.length, out, [0x90, 16], [undefined, 0xdc, 0xdd]);
    for (const each of plain) write(each, out, depth + 1);
  } else if (isMap(plain)) {
    head(plain.size, out, [0x80, 16], [undefined, 0xde, 0xdf]);
    for (const [name, each] of plain) {
      write(name, out, depth + 1);
      write(each, out, depth + 1);
    }
  }
}

/** The byte that says what follows and how long it is. */
function head(size: number, out: number[], small: readonly [number, number] | undefined, codes: readonly [number | undefined, number, number]): void {
  const [one, two, four] = codes;
  if (small && size < small[1]) out.push(small[0] | size);
  else if (one !== undefined && size < 0x100) out.push(one, size);
  else if (size < 0x10000) out.push(two, size >> 8, size & 0xff);
  else out.push(four, ...bigEndian(BigInt(size), 4));
}

function bigEndian(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * (size - 1 - at))) & 0xffn));
}

const UNSIGNED = [[0x100n, 0xcc, 1], [0x10000n, 0xcd, 2], [0x100000000n, 0xce, 4], [0x10000000000000000n, 0xcf, 8]] as const;
const SIGNED = [[-0x80n, 0xd0, 1], [-0x8000n, 0xd1, 2], [-0x80000000n, 0xd2, 4], [-0x8000000000000000n, 0xd3, 8]] as const;

function writeInt(value: bigint, out: number[]): void {
  if (value >= -32n && value < 128n) {
    out.push(Number(value) & 0xff);
    return;
  }
  const fit = value > 0n ? UNSIGNED.find(([limit]) => value < limit) : SIGNED.find(([limit]) => value >= limit);
  if (!fit) throw new RangeError(`${value} has more than 64 bits`);
  out.push(fit[1], ...bigEndian(value, fit[2]));
}

function writeFloat(value: number, out: number[]): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  out.push(0xcb, ...new Uint8Array(view.buffer));
}

/** Throws if it is no msgpack, or holds what a record cannot (a map with other keys than text, an extension). */
export function decodeMsgpack(bytes: Uint8Array): Plain {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd) throw new SyntaxError("there is more after the value");
  return value;
}

class Reader {
  private at = 0;
  private readonly view: DataView;
  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): Plain {
    if (depth > DEEPEST) throw new RangeError("this is nested too deep");
    const code = this.view.getUint8(this.take(1));
    if (code < 0x80) return BigInt(code);
    if (code < 0x90) return this.map(code & 0x0f, depth);
    if (code < 0xa0) return this.list(code & 0x0f, depth);
    if (code < 0xc0) return this.text(code & 0x1f);
    if (code >= 0xe0) return BigInt(code - 0x100);
    return this.long(code, depth);
  }

  private long(code: number, depth: number): Plain {
    switch (code) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: return this.raw(this.size(code - 0xc4)).slice();
      case 0xca: return this.view.getFloat32(this.take(4));
      case 0xcb: return this.view.getFloat64(this.take(8));
      case 0xcc: case 0xcd: case 0xce: return BigInt(this.size(code - 0xcc));
      case 0xcf: return this.view.getBigUint64(this.take(8));
      case 0xd0: return BigInt(this.view.getInt8(this.take(1)));
      case 0xd1: return BigInt(this.view.getInt16(this.take(2)));
      case 0xd2: return BigInt(this.view.getInt32(this.take(4)));
      case 0xd3: return this.view.getBigInt64(this.take(8));
      case 0xd9: case 0xda: case 0xdb: return this.text(this.size(code - 0xd9));
      case 0xdc: case 0xdd: return this.list(this.size(code - 0xdb), depth);
      case 0xde: case 0xdf: return this.map(this.size(code - 0xdd), depth);
      default: throw new SyntaxError(`msgpack of kind 0x${code.toString(16)}`);
    }
  }

  /** An unsigned number of 1, 2 or 4 bytes (`step` 0, 1, 2). */
  private size(step: number): number {
    const at = this.take(1 << step);
    return step === 0 ? this.view.getUint8(at) : step === 1 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  private text(size: number): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.raw(size));
  }

  private list(size: number, depth: number): Plain {
    const made: Plain[] = [];
    for (let at = 0; at < size; at++) made.push(this.value(depth + 1));
    return made;
  }

  private map(size: number, depth: number): Plain {
    const made = new Map<string, Plain>();
    for (let at = 0; at < size; at++) {
      const name = this.value(depth + 1);
      if (typeof name !== "string") throw new SyntaxError("a map with a key that is no text");
      made.set(name, this.value(depth + 1));
    }
    return made;
  }

  private raw(size: number): Uint8Array {
    const from = this.take(size);
    return this.bytes.subarray(from, from + size);
  }

  private take(size: number): number {
    const from = this.at;
    if (from + size > this.bytes.length) throw new SyntaxError("the value ends too early");
    this.at += size;
    return from;
  }
}
