import { WifiOff } from "lucide-react";
import { useConnection } from "@/api/connection";
import { exact } from "@/lib/time";

/** Says that the page no longer hears the server, and from when what it shows is. */
export function ConnectionBar() {
  const { isLost, since } = useConnection();
  if (!isLost) return null;
  return (
    <div role="status" data-connection="lost" className="flex items-center gap-2 border-b border-line bg-warn-ground px-4 py-1.5 text-sm text-warn">
      <WifiOff aria-hidden className="size-4" />
      The server is not heard since {exact(since).slice(11, 19)}. What you see may be out of date; the page goes on by itself when it is back.
    </div>
  );
}
