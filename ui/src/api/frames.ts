const HEAD = 4;
const END = 0xffffffff;

/** Takes frames, each behind its length in four bytes, out of bytes that come in pieces of any size. */
export class Frames {
  /** The last one has come. */
  isOver = false;
  private rest = new Uint8Array(0);

  /** The frames that are whole by now. One of no bytes is a beat. */
  take(bytes: Uint8Array): Uint8Array[] {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const view = new DataView(all.buffer);
    const found: Uint8Array[] = [];
    let at = 0;
    while (at + HEAD <= all.length) {
      const length = view.getUint32(at);
      this.isOver = length === END;
      const end = at + HEAD + length;
      if (this.isOver || end > all.length) break;
      found.push(all.subarray(at + HEAD, end));
      at = end;
    }
    this.rest = all.slice(at);
    return found;
  }
}
