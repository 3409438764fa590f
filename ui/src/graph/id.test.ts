import { describe, expect, test } from "vitest";
import { ancestorsOf, childId, parentsOf } from "./id";

const node = (id: string, spec: string, isParent = false) => ({ id: { node_id: id }, metadata: { spec_node_id: spec, is_parent_node: isParent } });

describe("ids of nodes", () => {
  test("are readable while they are short", () => {
    expect(childId(undefined, "n0")).toBe("n0");
    expect(childId("n4-0-n4-n1", "n2")).toBe("n4-0-n4-n1-0-n2");
  });

  test("are hashed as the engine does it once they are long", () => {

    expect(childId("a".repeat(78), "n0")).toBe("fb381f071400d9ae33fe5eb0a82c1f00"); // as the server makes it
    expect(childId("a".repeat(75), "n0")).toHaveLength(80);
  });

  test("tell the parent, also of a hashed one", () => {
    const long = "b".repeat(79);
    const hashed = childId(long, "n1");
    const parents = parentsOf([node("n0", "n0", true), node("n0-0-n1", "n1"), node(long, long, true), node(hashed, "n1", true), node(`${hashed}-0-n7`, "n7")]);
    expect(Object.fromEntries(parents)).toEqual({ "n0-0-n1": "n0", [hashed]: long, [`${hashed}-0-n7`]: hashed });
    expect(ancestorsOf(`${hashed}-0-n7`, parents)).toEqual([hashed, long]);
  });
});
