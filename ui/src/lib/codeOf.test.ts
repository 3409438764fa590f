import { expect, it } from "vitest";
import { fileOf, functionNamed, functionOf, lineOf } from "./codeOf";

it("reads the function of a task from its command", () => {
  expect(functionOf({ container: { args: ["alula-execute", "--bundle", "s3://b", "--task", "digits.workflow:Model.train"] } })).toEqual({ module: "digits.workflow", name: "Model.train" });
  expect(functionOf({ container: { args: ["pyflyte-execute", "--", "task-module", "digits", "task-name", "train"] } })).toEqual({ module: "digits", name: "train" });
  expect(functionOf({ container: { command: ["echo", "--task"] } })).toBeUndefined();
  expect(functionOf({})).toBeUndefined();
});

it("takes a full name for a module and a function", () => {
  expect(functionNamed("digits.workflow.train")).toEqual({ module: "digits.workflow", name: "train" });
  expect(functionNamed("train")).toBeUndefined();
});

it("finds a module's file, also beneath a folder of sources, and none of another that ends alike", () => {
  expect(fileOf("digits.workflow", ["digits/data.py", "digits/workflow.py", "old/digits/workflow.py"])).toBe("digits/workflow.py");
  expect(fileOf("digits.workflow", ["src/digits/workflow/__init__.py"])).toBe("src/digits/workflow/__init__.py");
  expect(fileOf("workflow", ["my_workflow.py"])).toBeUndefined();
});

it("finds the line in which a function begins", () => {
  const lines = ["import alula as al", "train_all = 1", "@al.task", "async def train(x):", "    train = x", "def tränen(): ...", "fit = al.task(train)"];
  expect(lineOf("train", lines)).toBe(4);
  expect(lineOf("Model.train", lines)).toBe(4);
  expect(lineOf("tränen", lines)).toBe(6);
  expect(lineOf("fit", lines)).toBe(7);
  expect(lineOf("score", lines)).toBeUndefined();
});
