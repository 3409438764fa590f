import clsx from "clsx";
import { memo, useState } from "react";
import { sizeInWords } from "@/lib/size";
import { pieces, type Piece } from "@/log/ansi";
import { looksLikeError } from "@/log/lines";

const LONG = 4000;

const COLORS: Record<string, string> = {
  "ansi-black": "text-ink-3", "ansi-red": "text-bad", "ansi-green": "text-good", "ansi-yellow": "text-warn", "ansi-blue": "text-busy", "ansi-magenta": "text-hold", "ansi-cyan": "text-cached", "ansi-white": "text-ink",
};
const GROUNDS: Record<string, string> = {
  "ansi-black": "bg-ground-3", "ansi-red": "bg-bad-ground", "ansi-green": "bg-good-ground", "ansi-yellow": "bg-warn-ground", "ansi-blue": "bg-busy-ground", "ansi-magenta": "bg-hold-ground", "ansi-cyan": "bg-cached-ground", "ansi-white": "bg-ground-3",
};

/** One line: colours as the theme has them, a long one cut. */
export const LogLine = memo(function LogLine({ text, isMarked, found, isWrapped }: { text: string; isMarked: boolean; found: string; isWrapped: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > LONG && !isWhole;
  return (
    <div
      className={clsx(
        "min-h-[18px] px-3 leading-[18px]",
        isWrapped ? "break-all whitespace-pre-wrap" : "whitespace-pre",
        isMarked ? "bg-accent-ground outline-1 outline-accent outline-solid" : looksLikeError(text) && "bg-bad-ground",
      )}
    >
      {pieces(isLong ? text.slice(0, LONG) : text).map((piece, at) => (
        <Styled key={at} piece={piece} found={found} />
      ))}
      {isLong && (
        <button type="button" onClick={() => setWhole(true)} className="ml-1 rounded bg-ground-3 px-1 font-sans text-accent hover:underline">
          … show all {sizeInWords(text.length)}
        </button>
      )}
    </div>
  );
});

function Styled({ piece, found }: { piece: Piece; found: string }) {
  const style = clsx(
    COLORS[piece.color.replace("bright-", "")],
    GROUNDS[piece.ground.replace("bright-", "")],
    piece.isBold && "font-semibold",
    piece.isFaint && "text-ink-2",
    piece.isItalic && "italic",
    piece.isUnderlined && "underline",
  );
  return <span className={style || undefined}>{found ? <Marked text={piece.text} found={found} /> : piece.text}</span>;
}

function Marked({ text, found }: { text: string; found: string }) {
  const low = text.toLowerCase();
  const wanted = found.toLowerCase();
  const parts: React.ReactNode[] = [];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0 && parts.length < 200; at = low.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at} className="rounded-xs bg-warn-ground text-warn">{text.slice(at, at + found.length)}</mark>);
    from = at + wanted.length;
  }
  return <>{[...parts, text.slice(from)]}</>;
}
