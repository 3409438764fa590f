import { expect, it } from "vitest";
import { Frames } from "./frames";

it.each([1, 2, 3, 5, 100])("takes frames out of pieces of %i bytes", (size) => {
  const bytes = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99, 0, 0, 1, 4, ...Array<number>(260).fill(7), 0, 0, 0, 2, 1]);
  const frames = new Frames();
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...frames.take(bytes.subarray(at, at + size)));
  expect(found.map((each) => each.length)).toEqual([0, 3, 260]);
  expect(new TextDecoder().decode(found[1])).toBe("abc");
  expect(frames.take(Uint8Array.from([2])).map((each) => [...each])).toEqual([[1, 2]]);
  expect(frames.isOver).toBe(false);
  expect(frames.take(Uint8Array.from([255, 255, 255, 255]))).toEqual([]);
  expect(frames.isOver).toBe(true);
});
