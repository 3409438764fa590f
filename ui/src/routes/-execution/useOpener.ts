import { useMemo, useRef } from "react";

/** From where the drawer was opened: the focus goes there again when it is closed. */
export interface Opener {
  /** To be called before the drawer opens. */
  remember: () => void;
  /** Whether it was opened by a key, so that the focus goes into it; once. */
  takesFocus: () => boolean;
  giveBack: () => void;
}

export function useOpener(): Opener {
  const opener = useRef<HTMLElement>(undefined);
  const isByKey = useRef(false);
  return useMemo(
    () => ({
      remember: () => {
        const at = document.activeElement;
        if (!(at instanceof HTMLElement)) return;
        isByKey.current = at.matches(":focus-visible");
        if (!at.closest("[data-drawer]")) opener.current = at;
      },
      takesFocus: () => {
        const was = isByKey.current;
        isByKey.current = false;
        return was;
      },
      giveBack: () => {
        const at = document.activeElement;
        if (at && at !== document.body && !at.closest("[data-drawer]")) return;
        const back = opener.current?.isConnected ? opener.current : document.getElementById("main");
        back?.focus();
        opener.current = undefined;
      },
    }),
    [],
  );
}
