import { expect, it } from "vitest";
import { consolePage } from "./console";

it.each([
  ["projects/p/domains/d/executions/e", { kind: "executions", project: "p", domain: "d", name: "e" }],
  ["projects/p/domains/d/launch_plan/a.b/version/v1", { kind: "launch-plans", project: "p", domain: "d", name: "a.b", version: "v1" }],
  ["projects/p/domains/d/workflow/w/version/v", { kind: "workflows", project: "p", domain: "d", name: "w", version: "v" }],
])("%s", (path, page) => expect(consolePage(path)).toEqual(page));

it.each(["", "projects/p", "projects/p/domains/d/__proto__/x"])("%j stands for nothing", (path) => expect(consolePage(path)).toBeUndefined());
