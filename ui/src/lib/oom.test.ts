import { expect, test } from "vitest";
import { parseError } from "./error";
import { outOfMemory } from "./oom";

const message = "[1/1] currentAttempt done. Last Error: USER::out of memory: the task used 300 MiB, its limit is 256 MiB; ask for more with mem=";

test("a task that was ended for its memory is told what it needed", () => {
  expect(outOfMemory(parseError({ code: "RetriesExhausted|OOM", kind: "USER", message }))).toEqual({ used: "300 MiB", limit: "256 MiB", ask: "512Mi" });
  expect(outOfMemory(parseError({ code: "OOM", message: message.replace("300", "3000") }))).toMatchObject({ ask: "8Gi" });
});

test("one that another ended for it says no figures", () => {
  expect(outOfMemory(parseError({ code: "OOM", message: "MemoryError" }))).toEqual({ used: "", limit: "", ask: "4Gi" });
});

test("no other error is one", () => {
  expect(outOfMemory(parseError({ code: "USER:ValueError", message }))).toBeUndefined();
});
