import { Button } from "@/components/ui/Button";
import { printable } from "@/lib/printable";
import { count } from "@/lib/size";

export interface SortNoteProps {
  label: string;
  isDown: boolean;
  loaded: number;
  /** Of the whole list; −1: not known. */
  total: number;
  /** None: all are loaded, or no more can be sorted. */
  onMore: (() => void) | undefined;
  isLoading: boolean;
  /** The values of all that are loaded are known. */
  isSorted: boolean;
  onBack: () => void;
}

/** Says what is sorted: never more than is loaded. */
export function SortNote({ label, isDown, loaded, total, onMore, isLoading, isSorted, onBack }: SortNoteProps) {
  const isAll = loaded === total;
  return (
    <div role="status" aria-label="Order" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-ground-2 px-4 py-1 text-xs text-ink-2">
      {isSorted ? (
        <span>
          {isDown ? "Highest" : "Lowest"} <span className="font-medium text-ink">{printable(label, 80)}</span> first, {isAll ? `all ${count(loaded)}` : `of the ${count(loaded)} that are loaded${total > 0 ? ` of ${count(total)}` : ""}`}
        </span>
      ) : (
        <span>Reading what is to be sorted …</span>
      )}
      {onMore && (
        <Button size="small" disabled={isLoading} onClick={onMore}>
          Load more
        </Button>
      )}
      <Button size="small" look="quiet" onClick={onBack}>
        By time again
      </Button>
    </div>
  );
}
