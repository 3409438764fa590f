import { expect, it } from "vitest";
import { apart } from "./number";

it.each([
  [[0, 0.5, 1], ["0", "0.5", "1"]],
  [[0.1, 0.10001, 0.10002], ["0.1", "0.10001", "0.10002"]],
  [[123456, 123457, 123458], ["123456", "123457", "123458"]],
  [[1.00001e-6, 1.00002e-6], ["1.00001e-6", "1.00002e-6"]],
  [[1, 1], ["1", "1"]],
])("%s are told apart as %s", (values, texts) => expect(apart(values)).toEqual(texts));
