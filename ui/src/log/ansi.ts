import Anser from "anser";
import { printable } from "@/lib/printable";

export interface Piece {
  text: string;
  /** Colour of the text and of its ground by name ("ansi-red"), as the theme has them. */
  color: string;
  ground: string;
  isBold: boolean;
  isFaint: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
}

// eslint-disable-next-line no-control-regex -- escape sequences begin with one
const MOVES = /\u001b\[[0-9;?]*[A-HJKSTfhilnsu]|\r(?=.)/g;
// eslint-disable-next-line no-control-regex -- as above
const HAS_ESCAPE = /\u001b\[/;

/** A line in pieces of one look. What moves a cursor is left out; every other control character is shown by its code. */
export function pieces(line: string): Piece[] {
  const plain = line.replace(MOVES, "");
  if (!HAS_ESCAPE.test(plain)) return plain ? [piece(plain)] : [];
  return Anser.ansiToJson(plain, { use_classes: true, remove_empty: true, json: true }).map((part) => {
    const marks = new Set(part.decorations);
    return {
      ...piece(part.content),
      color: known(marks.has("reverse") ? part.bg : part.fg),
      ground: known(marks.has("reverse") ? part.fg : part.bg),
      isBold: marks.has("bold"),
      isFaint: marks.has("dim"),
      isItalic: marks.has("italic"),
      isUnderlined: marks.has("underline"),
    };
  });
}

function piece(text: string): Piece {
  return { text: printable(text, Number.POSITIVE_INFINITY), color: "", ground: "", isBold: false, isFaint: false, isItalic: false, isUnderlined: false };
}

const NAMES = /^ansi-(?:bright-)?(?:black|red|green|yellow|blue|magenta|cyan|white)$/;

/** Colours out of the sixteen; those of larger palettes are shown as plain text. */
function known(name: string | null): string {
  return name && NAMES.test(name) ? name : "";
}
