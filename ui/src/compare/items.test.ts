import { expect, it } from "vitest";
import type { AttemptMetrics } from "@/idl";
import { metricNames, saidByItems, sortedItems, summaryOf } from "./items";

const said = (item: number, last: number | "NaN", attempt = 0): AttemptMetrics => ({ node_id: "n0", item, retry_attempt: attempt, metrics: [{ name: "loss", last, min: last, max: last }] });
const items = (all: readonly AttemptMetrics[]) => all.map(({ item }) => item);

it("takes the last attempt of each item, live before kept, of this node alone", () => {
  const other: AttemptMetrics = { node_id: "n1", item: 1, metrics: [{ name: "else" }] };
  const found = saidByItems([said(2, 1), said(1, 1, 0), said(1, 2, 1)], [said(2, 3), said(1, 9, 0), other, { node_id: "n0", metrics: [{ name: "whole" }] }], "n0");
  expect(found.map((each) => [each.item, summaryOf(each, "loss")?.last])).toEqual([[1, 2], [2, 3]]);
  expect(metricNames(found)).toEqual(["loss"]);
});

it("sorts by a figure, what is none last whichever way", () => {
  const all = [said(1, 2), said(2, "NaN"), said(3, 1), { node_id: "n0", item: 4 }, said(5, 3)];
  expect(items(sortedItems(all, { metric: "loss", figure: "last", isDescending: false }))).toEqual([3, 1, 5, 2, 4]);
  expect(items(sortedItems(all, { metric: "loss", figure: "max", isDescending: true }))).toEqual([5, 1, 3, 2, 4]);
  expect(items(sortedItems(all, { figure: "last", isDescending: true }))).toEqual([5, 4, 3, 2, 1]);
});
