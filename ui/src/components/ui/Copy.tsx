import { Check, Copy as CopySign } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "./Button";
import { complain } from "./Toast";

/** Puts a text on the clipboard and says so. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [isDone]);
  return (
    <IconButton size="small" label={isDone ? "Copied" : label} onClick={() => void toClipboard(text).then(() => setDone(true), complain)}>
      {isDone ? <Check aria-hidden className="size-3.5 text-good" /> : <CopySign aria-hidden className="size-3.5" />}
    </IconButton>
  );
}

/** The clipboard's interface exists on secure pages and on loopback only; elsewhere a selection is copied. */
export async function toClipboard(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
