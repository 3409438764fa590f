import { expect, it } from "vitest";
import { addressFor, commandAt } from "./command";

it.each([
  ["127.0.0.1:8089", "localhost", ""],
  ["localhost:8089", "127.0.0.1", ""],
  ["0.0.0.0:8089", "localhost", ""],
  ["127.0.0.1:4000", "localhost", "127.0.0.1:4000"],
  ["[::1]:8089", "[::1]", "[::1]:8089"],
  ["[::]:8089", "[::1]", ""],
  ["0.0.0.0:8089", "lab.example", "lab.example:8089"],
  ["10.0.0.5:4000", "localhost", "10.0.0.5:4000"],
  ["", "localhost", ""],
])("of a server that listens on %s and was reached by %s a command names %j", (listens, reached, named) => {
  expect(addressFor(listens, reached)).toBe(named);
});

it("names server, project and domain where they are not what a command takes by itself", () => {
  const usual = { project: "flytesnacks", domain: "development" };
  expect(commandAt("alula register .", "", usual)).toBe("alula register .");
  expect(commandAt("alula register .", "lab:4000", { project: "it's", domain: "staging" })).toBe("alula register . --address lab:4000 --project 'it'\\''s' --domain staging");
});
