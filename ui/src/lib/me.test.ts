import { afterEach, expect, test, vi } from "vitest";
import { post, get } from "@/api/client";
import { faultOf, me, setMe } from "./me";

afterEach(() => {
  setMe("");
  vi.unstubAllGlobals();
});

test.each([
  ["ada", true],
  ["Zoë Ω 数", true],
  ["👩‍🔬".replace("\u200d", ""), true],
  ["", true],
  ["a\nb", false],
  ["a\u00a0b", false],
  ["a\u202eb", false],
  ["\ud800", false],
  ["é".repeat(128), true],
  ["é".repeat(129), false],
])("%j is a name that the server takes: %s", (said, isTaken) => {
  expect(faultOf(said) === "").toBe(isTaken);
  if (!isTaken) expect(() => setMe(said)).toThrow();
});

test("goes, encoded, with what changes something, and with nothing that only asks", async () => {
  const sent: (string | null)[] = [];
  vi.stubGlobal("fetch", (_: string, { headers }: RequestInit) => {
    sent.push(new Headers(headers).get("alula-user"));
    return Promise.resolve(Response.json({}));
  });
  await post(["api/v1/executions"], {});
  setMe("  Zoë %41 ");
  await post(["api/v1/executions"], {});
  await get(["api/v1/executions"]);
  expect(sent).toEqual([null, "Zo%C3%AB%20%2541", null]);
  expect(me()).toBe("Zoë %41");
});
