import { Pause, WifiOff } from "lucide-react";
import { useConnection } from "@/api/connection";
import { exact } from "@/lib/time";

/** Says that the page no longer hears the server, and from when what it shows is. */
export function ConnectionBar() {
  const { state, since } = useConnection();
  if (state === "whole") return null;
  const Sign = state === "lost" ? WifiOff : Pause;
  const at = exact(since).slice(11, 19);
  return (
    <div role="status" data-connection={state} className="flex items-center gap-2 border-b border-line bg-warn-ground px-4 py-1.5 text-sm text-warn">
      <Sign aria-hidden className="size-4 shrink-0" />
      {state === "lost"
        ? `The server is not heard since ${at}. What you see may be out of date; the page goes on by itself when it is back.`
        : `Not live since ${at}: other windows are, and a browser follows only a few at once. This one goes on when you click or type in it.`}
    </div>
  );
}
