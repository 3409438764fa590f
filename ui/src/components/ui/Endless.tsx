import { useEffect, useRef } from "react";
import { Button } from "./Button";

/** The end of a list that has more: read when it comes into sight, or on a click. */
export function Endless({ hasMore, isReading, onMore }: { hasMore: boolean; isReading: boolean; onMore: () => void }) {
  const foot = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = foot.current;
    if (!element || !hasMore || isReading) return;
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onMore(), { rootMargin: "300px" });
    seen.observe(element);
    return () => seen.disconnect();
  }, [hasMore, isReading, onMore]);
  if (!hasMore) return null;
  return (
    <div ref={foot} className="flex justify-center p-3">
      <Button size="small" disabled={isReading} onClick={onMore}>
        {isReading ? "Reading…" : "More"}
      </Button>
    </div>
  );
}
