import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 767px)");

/** Whether the window is as narrow as a phone's. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (reader) => {
      narrow.addEventListener("change", reader);
      return () => narrow.removeEventListener("change", reader);
    },
    () => narrow.matches,
  );
}
