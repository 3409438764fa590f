import { Inbox, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { messageOf } from "@/lib/messageOf";
import { Button } from "./Button";

/** What stands where there is nothing to show: why, and what to do. */
export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center text-ink-2">
      <div className="text-ink-3">{icon ?? <Inbox aria-hidden className="size-7" strokeWidth={1.5} />}</div>
      <p className="font-medium text-ink">{title}</p>
      {children && <div className="w-full max-w-xl text-sm">{children}</div>}
    </div>
  );
}

/** The same in one line, for a part of a page. */
export function None({ children }: { children: ReactNode }) {
  return <p className="px-4 py-3 text-sm text-ink-2">{children}</p>;
}

/** What the server said went wrong, in its own words, and a way to try again. */
export function Failure({ error, onRetry, title = "This could not be read" }: { error: unknown; onRetry?: () => void; title?: string }) {
  const message = messageOf(error);
  return (
    <div role="alert" className="m-4 flex items-start gap-3 rounded-lg border border-line-2 bg-bad-ground p-4">
      <TriangleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-bad">{title}</p>
        <p className="mt-1 text-sm break-words whitespace-pre-wrap text-ink">{message}</p>
        {onRetry && (
          <Button size="small" className="mt-3" icon={<RotateCw aria-hidden className="size-3.5" />} onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

/** Above what is shown all the same: it could not be renewed. */
function Stale({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div role="status" className="flex items-center gap-3 border-b border-line bg-warn-ground px-4 py-1 text-xs text-warn">
      <span className="min-w-0 flex-1 break-words">Not renewed: {messageOf(error)}</span>
      <Button size="small" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** What went wrong with a query, by whether there is something to show: in its place, or above it. */
export function QueryFailure({ query, title }: { query: { data: unknown; error: unknown; isError: boolean; refetch: () => unknown }; title?: string }) {
  if (!query.isError) return null;
  if (query.data !== undefined) return <Stale error={query.error} onRetry={() => void query.refetch()} />;
  return <Failure error={query.error} onRetry={() => void query.refetch()} title={title} />;
}

/** Grey bars in the shape of what is being read. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} className="h-5 animate-pulse rounded bg-ground-3" style={{ width: `${100 - ((at * 17) % 45)}%` }} />
      ))}
    </div>
  );
}
