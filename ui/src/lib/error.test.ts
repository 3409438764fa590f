import { describe, expect, it, test } from "vitest";
import { headline, parseError } from "./error";

it.each([
  ["[1/3] currentAttempt done. Last Error: USER::ValueError: no good\n\nIn your code:\n  File x", "ValueError: no good"],
  ['Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nKeyError: \'x\'\n', "KeyError: 'x'"],
  [
    'map "n0": 2 of 4 items failed, 3 must succeed\n[1]: RetriesExhausted|USER:ValueError: [2/2] currentAttempt done. Last Error: USER::no number\n\nIn your code\n[3]: ValueError: other',
    '[1] no number · map "n0": 2 of 4 items failed, 3 must succeed',
  ],
  ["", ""],
])("%j is %s", (error, line) => expect(headline(error)).toBe(line));

describe("an error", () => {
  test("is taken apart into what happened, its trace and the attempts", () => {
    expect(
      parseError({
        code: "RetriesExhausted|USER:ValueError",
        kind: "USER",
        message: "[2/2] currentAttempt done. Last Error: USER::ValueError: no <b>good</b>\n\nIn your code:\n  File \"a.py\", line 3",
      }),
    ).toEqual({ code: "ValueError", kind: "USER", headline: "ValueError: no <b>good</b>", trace: 'In your code:\n  File "a.py", line 3', attempts: "2 of 2" });
  });

  test("without a message is shown by its code", () => {
    expect(parseError({ code: "SYSTEM:Lost" })).toEqual({ code: "Lost", kind: "UNKNOWN", headline: "", trace: "", attempts: "" });
  });
});
