import { exact, inWords, relative } from "@/lib/time";
import { useNow } from "@/lib/useNow";

/** How long ago, with the exact instant on hover. `at` in ms since the epoch. */
export function Ago({ at, className }: { at: number; className?: string }) {
  const now = useNow(10_000);
  if (!Number.isFinite(at)) return <span className={className}>–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)} className={className}>
      {relative(at, Math.max(now, at))}
    </time>
  );
}

/** A span in words that goes on while it has no end. `from` and `to` in ms since the epoch. */
export function Elapsed({ from, to, className }: { from: number; to?: number; className?: string }) {
  return to !== undefined && Number.isFinite(to) ? (
    <span className={className}>{inWords((to - from) / 1000)}</span>
  ) : (
    <Running from={from} className={className} />
  );
}

function Running({ from, className }: { from: number; className?: string }) {
  const now = useNow(1000);
  return <span className={className}>{Number.isFinite(from) ? inWords(Math.max(0, Math.round((now - from) / 1000))) : "–"}</span>;
}
