import { describe, expect, test } from "vitest";
import type { Literal } from "@/idl";
import { base64Of } from "./plain";
import { encodeMsgpack } from "./msgpack";
import { fileName, imageType, shownOf } from "./shown";

const primitive = (value: NonNullable<NonNullable<Literal["scalar"]>["primitive"]>): Literal => ({ scalar: { primitive: value } });

describe("a literal is shown", () => {
  test("with every digit of an int and as a float where it is one", () => {
    expect(shownOf(primitive({ integer: "9007199254740993" }))).toEqual({ kind: "number", text: "9007199254740993" });
    expect(shownOf(primitive({ float_value: 1 }))).toEqual({ kind: "number", text: "1.0" });
    expect(shownOf(primitive({ float_value: "NaN" }))).toEqual({ kind: "number", text: "NaN" });
  });

  test("as a tree where it is a record, exact within", () => {
    const value = base64Of(encodeMsgpack(new Map([["depth", 9007199254740993n]])));
    expect(shownOf({ scalar: { binary: { tag: "msgpack", value } } })).toEqual({ kind: "tree", value: new Map([["depth", 9007199254740993n]]) });
  });

  test("as bytes where it cannot be read", () => {
    expect(shownOf({ scalar: { binary: { tag: "msgpack", value: "wQ==" } } })).toMatchObject({ kind: "bytes", size: 1 });
    expect(shownOf({ scalar: { binary: { tag: "msgpack", value: "%%%" } } })).toMatchObject({ kind: "bytes" });
    expect(shownOf({ scalar: { binary: { tag: "x", value: "AAA=" } } })).toEqual({ kind: "bytes", size: 2, tag: "x" });
  });

  test("whole where it is of no kind we know", () => {
    expect(shownOf({ scalar: { strange: { a: 1 } } } as unknown as Literal)).toEqual({ kind: "unknown", value: new Map([["strange", new Map([["a", 1n]])]]) });
    expect(shownOf({})).toMatchObject({ kind: "unknown" });
  });
});

test("a file is named by the end of its address", () => {
  expect(fileName("s3://b/some/model.pt")).toBe("model.pt");
  expect(fileName("/store/folder/")).toBe("folder");
  expect(fileName("")).toBe("file");
  expect(imageType("/a/b.PNG", "")).toBe("image/png");
  expect(imageType("/a/b", "svg")).toBe("image/svg+xml");
  expect(imageType("/a/b.html", "")).toBeUndefined();
});
