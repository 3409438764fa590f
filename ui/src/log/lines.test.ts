import { describe, expect, test } from "vitest";
import { findLine, LogLines, looksLikeError } from "./lines";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (log: LogLines) => log.lines.map((line) => line.text);

describe("a log's lines", () => {
  test("are the same however it comes in pieces", () => {
    const text = "först\nzwei€\n\nlast without an end";
    const all = bytes(text);
    for (let size = 1; size < 9; size++) {
      const log = new LogLines(0);
      for (let at = 0; at < all.length; at += size) log.append(all.subarray(at, at + size));
      expect(texts(log)).toEqual(text.split("\n"));
      expect(log.lines.map((line) => line.offset)).toEqual([0, 7, 15, 16]);
    }
  });

  test("get their beginnings when what is before them is read", () => {
    const text = "one\ntwo\nthree\nfour\n";
    for (let from = 1; from < text.length; from++) {
      const log = new LogLines(from);
      log.append(bytes(text.slice(from)));
      log.prepend(bytes(text.slice(0, from)));
      expect(texts(log).filter(Boolean)).toEqual(["one", "two", "three", "four"]);
      expect(log.start).toBe(0);
    }
  });

  test("that had no end yet keep their beginnings when more of them comes", () => {
    const log = new LogLines(4);
    log.append(bytes("fgh"));
    log.prepend(bytes("a\nde"));
    log.append(bytes("ij\n"));
    expect(texts(log)).toEqual(["a", "defghij"]);
  });

  test("are found by a byte and by text, forth and back", () => {
    const log = new LogLines(100);
    log.append(bytes("alpha\nBeta\ngamma\n"));
    expect(log.indexOf(100)).toBe(0);
    expect(log.indexOf(107)).toBe(1);
    expect(log.indexOf(3)).toBe(-1);
    expect(findLine(log.lines, "A", 1, false)).toBe(1);
    expect(findLine(log.lines, "alpha", 2, true)).toBe(0);
    expect(findLine(log.lines, "delta", 0, false)).toBe(-1);
  });

  test("that never end are broken up, between characters", () => {
    const log = new LogLines(0);
    const piece = bytes("€".repeat(1000));
    for (let at = 0; at < 400; at++) log.append(piece);
    expect(texts(log).join("")).toBe("€".repeat(400_000));
    expect(log.lines.length).toBe(5);
    expect(log.lines.every((line, at) => at === 0 || line.offset === (log.lines[at - 1]?.offset ?? 0) + bytes(log.lines[at - 1]?.text ?? "").length)).toBe(true);
  });

  test("of bytes that are no text are shown all the same", () => {
    const log = new LogLines(0);
    log.append(new Uint8Array([0xff, 0xfe, 10]));
    expect(texts(log)).toEqual(["��"]);
  });
});

test("errors are recognised, words that contain them are not", () => {
  for (const text of ["Traceback (most recent call last):", "ValueError: no", "12:00 ERROR disk", "java.lang.IllegalStateException"]) expect(looksLikeError(text)).toBe(true);
  for (const text of ["no errors found", "an exceptional day", ""]) expect(looksLikeError(text)).toBe(false);
});
