import { describe, expect, it } from "vitest";
import { actionOf, caps, keyOf, SHORTCUTS, shortcutsOf, type Area } from "./shortcuts";

const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

describe("keys", () => {
  it("are called by what they say, whatever it takes to write that", () => {
    expect(keyOf(press("?", { shiftKey: true }))).toBe("?");
    expect(keyOf(press("K", { metaKey: true }))).toBe("mod+k");
    expect(keyOf(press("Enter", { shiftKey: true }))).toBe("shift+Enter");
    expect(keyOf(press(" "))).toBe("Space");
  });

  it("mean something where they do", () => {
    expect(actionOf("graph", press("f"))).toBe("fit");
    expect(actionOf("graph", press("f", { altKey: true }))).toBeUndefined();
    expect(actionOf("list", press("f"))).toBeUndefined();
  });

  it("mean one thing in one place", () => {
    for (const area of Object.keys(SHORTCUTS) as Area[]) {
      const keys = shortcutsOf(area).flatMap(([, shortcut]) => shortcut.keys);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("are shown as they stand on the keyboard", () => {
    expect(caps("mod+k", true)).toEqual([["⌘", "K"]]);
    expect(caps("mod+k", false)).toEqual([["Ctrl", "K"]]);
    expect(caps("g h", false)).toEqual([["G"], ["H"]]);
    expect(caps("+", false)).toEqual([["+"]]);
  });
});
