import { expect, it } from "vitest";
import { headline } from "./headline";

it.each([
  ["[1/3] currentAttempt done. Last Error: USER::ValueError: no good\n\nIn your code:\n  File x", "ValueError: no good"],
  ['Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nKeyError: \'x\'\n', "KeyError: 'x'"],
  ["", ""],
])("%j is %s", (error, line) => expect(headline(error)).toBe(line));
