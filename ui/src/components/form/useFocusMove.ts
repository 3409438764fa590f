import { useEffect, useRef } from "react";

const FIELDS = "input:not([hidden]):enabled, textarea:enabled, select:enabled";

/** Moves the focus to a part of a field that a click has brought, or to what stands where a part was taken away; parts are named by `data-part`. */
export function useFocusMove() {
  const area = useRef<HTMLDivElement>(null);
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    if (wanted.current === undefined) return;
    const part = [...(area.current?.querySelectorAll<HTMLElement>("[data-part]") ?? [])].find((each) => each.dataset["part"] === wanted.current);
    wanted.current = undefined;
    const field = part?.matches("button") ? part : (part?.querySelector<HTMLElement>(FIELDS) ?? part?.querySelector<HTMLElement>("button[data-part]") ?? part?.querySelector("button"));
    field?.focus();
  });
  return {
    area,
    moveFocus: (part: string) => {
      wanted.current = part;
    },
  };
}
