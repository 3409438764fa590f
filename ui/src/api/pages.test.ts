import { describe, expect, test } from "vitest";
import type { ExecutionPage } from "@/idl";
import { EXECUTIONS } from "./execution/pages";
import { withPage, withPages } from "./pages";

const page = (names: string, token = "more"): ExecutionPage => ({ executions: [...names].map((name) => ({ id: { name } })), token });
const names = (pages: readonly ExecutionPage[] | undefined) => pages?.map(({ executions = [] }) => executions.map(({ id }) => id?.name).join(""));

describe("a page that is read again among others", () => {
  const pages = [page("abc", "c"), page("def", "f"), page("ghi", "i")];

  test("keeps what newer ones have pushed out of it", () => {
    expect(names(withPage(EXECUTIONS, pages, 0, page("xya")))).toEqual(["xyabc", "def", "ghi"]);
  });

  test("ends where the next one begins, when some of it have gone", () => {
    expect(names(withPage(EXECUTIONS, pages, 1, page("dfg")))).toEqual(["abc", "df", "ghi"]);
  });

  test("is as long as it is when it is the last", () => {
    expect(names(withPage(EXECUTIONS, pages, 2, page("hjk", "k")))).toEqual(["abc", "def", "hjk"]);
    expect(withPage(EXECUTIONS, pages, 2, page("hjk", "k"))?.[2]?.token).toBe("k");
  });

  test("is the last when the server says so", () => {
    expect(names(withPage(EXECUTIONS, pages, 1, page("d", "")))).toEqual(["abc", "d"]);
  });

  test("does not hide a gap", () => {
    expect(withPage(EXECUTIONS, pages, 0, page("xyz"))).toBeUndefined();
  });

  test("goes on where it went on before", () => {
    expect(withPage(EXECUTIONS, pages, 0, page("xya", "a"))?.[0]?.token).toBe("c");
  });

  test("is left out when the list ends before it by now", () => {
    expect(names(withPages(EXECUTIONS, pages, [[0, page("a", "")], [2, page("hjk")]]))).toEqual(["a"]);
  });

  test("stays as it was when it could not be read", () => {
    expect(names(withPages(EXECUTIONS, pages, [[0, undefined], [2, page("hjk")]]))).toEqual(["abc", "def", "hjk"]);
  });
});
