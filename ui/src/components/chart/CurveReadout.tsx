import { curveColour } from "@/components/chart/colours";
import type { Readout } from "@/compare/readout";
import { printable } from "@/lib/printable";
import { shortNumber } from "@/lib/number";
import { useIsDark } from "@/lib/theme";
import { inWords } from "@/lib/time";

/** So many values are said; of more, those around the curve that stands out. */
const MOST = 12;

export interface CurveReadoutProps {
  readout: Readout;
  labels: readonly string[];
  isTime: boolean;
  /** The curve that stands out. */
  focused: number | undefined;
  /** px from the left of the plot, and how wide it is. */
  left: number;
  width: number;
}

/** What the curves have where the mouse is, the largest first. */
export function CurveReadout({ readout: { x, values }, labels, isTime, focused, left, width }: CurveReadoutProps) {
  const isDark = useIsDark();
  const place = Math.max(0, values.findIndex(({ at }) => at === focused));
  const from = Math.max(0, Math.min(place - MOST / 2, values.length - MOST));
  const shown = values.slice(from, from + MOST);
  const isRight = left > width / 2;
  return (
    <div
      role="status"
      aria-label="Values under the mouse"
      className="pointer-events-none absolute top-1 z-10 max-w-72 rounded-md border border-line-2 bg-ground px-2 py-1.5 text-xs shadow-md"
      style={isRight ? { right: width - left + 12 } : { left: left + 12 }}
    >
      <div className="pb-1 text-ink-2">{isTime ? inWords(x) : `step ${Math.round(x).toLocaleString("en")}`}</div>
      <table>
        <tbody>
          {shown.map(({ at, y }) => (
            <tr key={at} className={at === focused ? "font-bold" : undefined}>
              <td className="max-w-48 truncate pr-3">
                <span aria-hidden className="mr-1.5 inline-block size-2 rounded-full" style={{ background: curveColour(at, isDark) }} />
                {printable(labels[at] ?? "", 60)}
              </td>
              <td className="text-right font-mono tabular-nums">{shortNumber(y, 6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {values.length > shown.length && <div className="pt-1 text-ink-2">{`${from + 1}–${from + shown.length} of ${values.length}`}</div>}
    </div>
  );
}
