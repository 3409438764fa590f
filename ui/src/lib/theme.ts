import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";

const KEY = "alula.theme";
const readers = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");

function chosenTheme(): Theme {
  const kept = read();
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
  show(theme);
}

export function useIsDark(): boolean {
  return useSyncExternalStore(
    (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
    () => document.documentElement.dataset.theme === "dark",
  );
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function show(theme: Theme): void {
  document.documentElement.dataset.theme = theme === "dark" || (theme === "system" && system.matches) ? "dark" : "light";
  for (const reader of readers) reader();
}

system.addEventListener("change", () => {
  if (chosenTheme() === "system") show("system");
});
