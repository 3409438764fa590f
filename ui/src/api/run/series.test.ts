import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MOST_POINTS, seriesQuery, withPart, type Series, type Teller } from "./series";

const teller: Teller = { id: { project: "p", domain: "d", name: "e" }, nodeId: "n0", attempt: 0, item: -1 };

function line(name: string, from: number, to: number, points = to - from) {
  const steps = Array.from({ length: to - from }, (_, at) => from + at);
  return { name, steps: steps.map(String), values: steps, at_us: steps.map((step) => String(1000 * step)), points: String(points) };
}

afterEach(() => vi.unstubAllGlobals());

/** What a server would answer, one after the other; gives what it was asked for. */
function serve(...answers: ReturnType<typeof line>[][]): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(new URL(url, "http://x").searchParams);
    return Promise.resolve(new Response(JSON.stringify({ series: answers.shift() })));
  });
  return asked;
}

describe("a series that goes on", () => {
  test("is read once, and then from the last point that is known", async () => {
    const asked = serve([line("loss", 0, 3), line("lr", 0, 1)], [line("loss", 3, 5), line("lr", 1, 1)]);
    const client = new QueryClient();
    const query = seriesQuery(teller);
    await client.fetchQuery(query);
    const found = await client.fetchQuery(query);
    expect(asked.map((each) => [each.getAll("names"), each.getAll("firsts"), each.get("most")])).toEqual([
      [[], [], String(MOST_POINTS)],
      [["loss", "lr"], ["3", "1"], String(MOST_POINTS)],
    ]);
    expect(found.map(({ name, steps, points }) => [name, steps, points])).toEqual([["loss", [0, 1, 2, 3, 4], 5], ["lr", [0], 1]]);
  });

  test("is read whole again when so much was added that it is more than a screen can show", async () => {
    const asked = serve([line("loss", 0, 2000, 100_000)], [line("loss", 100_000, 102_001)], [line("loss", 0, 2000, 102_001)]);
    const client = new QueryClient();
    await client.fetchQuery(seriesQuery(teller));
    const [found] = await client.fetchQuery(seriesQuery(teller));
    expect(asked.map((each) => each.getAll("firsts"))).toEqual([[], ["100000"], []]);
    expect([found?.steps.length, found?.points]).toEqual([2000, 102_001]);
  });
});

test("a part stands between what is beside it", () => {
  const series = (steps: number[], points: number): Series => ({ name: "m", steps, values: steps, at: steps.map((step) => 10 * step), points });
  const whole = series([0, 10, 20, 30], 31);
  const part = series([9, 10, 11, 12], 4);
  expect(withPart(whole, part, { isTime: false, from: 9, to: 12 }).steps).toEqual([0, 9, 10, 11, 12, 20, 30]);
  expect(withPart(whole, part, { isTime: true, from: 90, to: 120 }).at).toEqual([0, 90, 100, 110, 120, 200, 300]);
  expect(withPart(whole, undefined, { isTime: false, from: 9, to: 12 })).toBe(whole);
});
