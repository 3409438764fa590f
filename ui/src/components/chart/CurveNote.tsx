import type { Zoom } from "@/compare/curve";
import { count } from "@/lib/size";
import { inWords } from "@/lib/time";
import { shortNumber } from "@/lib/number";

export interface CurveNoteProps {
  /** How many there are, and how many of them are drawn. */
  points: number;
  shown: number;
  zoom: Zoom | undefined;
  isTime: boolean;
  onWhole: () => void;
}

/** Says where a curve is not drawn from all of its points, or not whole. */
export function CurveNote({ points, shown, zoom, isTime, onWhole }: CurveNoteProps) {
  const words = (value: number) => (isTime ? inWords(value) : shortNumber(value));
  return (
    <span className="text-xs font-normal text-ink-2">
      {points > shown && !zoom && `${count(points)} points, drawn by the lowest and highest of each stretch; drag over a part to see it closer`}
      {zoom && (
        <>
          from {words(zoom.from)} to {words(zoom.to)},{" "}
          <button type="button" onClick={onWhole} className="text-accent hover:underline">
            show all
          </button>
        </>
      )}
    </span>
  );
}
