import { expect, test } from "vitest";
import { resourcesInWords, resourcesOf } from "./resources";

test("what is asked for is said once, and a limit where it is another", () => {
  const resources = {
    requests: [{ name: "CPU" as const, value: "2" }, { name: "MEMORY" as const, value: "1Gi" }],
    limits: [{ name: "CPU" as const, value: "2" }, { name: "MEMORY" as const, value: "2Gi" }, { name: "EPHEMERAL_STORAGE" as const, value: "5Gi" }],
  };
  expect([...resourcesOf(resources)]).toEqual([["cpu", "2"], ["memory", "1Gi, at most 2Gi"], ["ephemeral storage", "at most 5Gi"]]);
  expect(resourcesInWords(resources)).toBe("cpu 2, memory 1Gi, at most 2Gi, ephemeral storage at most 5Gi");
  expect(resourcesInWords(undefined)).toBe("");
});
