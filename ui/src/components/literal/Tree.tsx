import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Copy } from "@/components/ui/Copy";
import { printable } from "@/lib/printable";
import { floatText, isList, isMap, jsonText, type Plain } from "@/literal/plain";

const SHOWN_AT_FIRST = 100;
const OPEN_DEPTH = 2;
const LONG = 300;

/** A JSON value that opens and closes; long lists are shown in parts. */
export function Tree({ value }: { value: Plain }) {
  const isBranch = isList(value) || isMap(value);
  return (
    <div className="flex items-start gap-1 font-mono text-xs leading-5">
      <div className="min-w-0 flex-1 overflow-x-auto">
        <Branch value={value} depth={0} />
      </div>
      {isBranch && <Copy text={jsonText(value, { indent: 2 })} label="Copy as JSON" />}
    </div>
  );
}

function Branch({ value, depth, name }: { value: Plain; depth: number; name?: string }) {
  const entries = isMap(value) ? [...value] : isList(value) ? value.map((each, at): [string, Plain] => [String(at), each]) : undefined;
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH && (entries?.length ?? 0) <= SHOWN_AT_FIRST);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  if (!entries) {
    return (
      <div className="pl-4">
        {name !== undefined && <Name text={name} />}
        <Leaf value={value} />
      </div>
    );
  }
  const [open, close] = isMap(value) ? "{}" : "[]";
  return (
    <div>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="inline-flex items-center rounded text-left hover:bg-ground-3" disabled={entries.length === 0}>
        <ChevronRight aria-hidden className={`size-4 shrink-0 text-ink-3 ${isOpen ? "rotate-90" : ""} ${entries.length ? "" : "invisible"}`} />
        {name !== undefined && <Name text={name} />}
        <span className="text-ink-2">
          {open}
          {entries.length === 0 ? close : isOpen ? "" : ` ${entries.length} ${close}`}
        </span>
      </button>
      {isOpen && entries.length > 0 && (
        <div className="ml-2 border-l border-line pl-1">
          {entries.slice(0, shown).map(([key, each]) => (
            <Branch key={key} name={key} value={each} depth={depth + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" onClick={() => setShown(shown * 10)} className="ml-4 text-accent hover:underline">
              {entries.length - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Name({ text }: { text: string }) {
  return <span className="mr-1.5 text-ink-2">{printable(text, 200)}:</span>;
}

function Leaf({ value }: { value: Plain }) {
  if (value === null) return <span className="text-ink-3">null</span>;
  if (typeof value === "bigint") return <span className="text-busy">{value.toString()}</span>;
  if (typeof value === "number") return <span className="text-busy">{floatText(value)}</span>;
  if (typeof value === "boolean") return <span className="text-hold">{String(value)}</span>;
  if (typeof value === "string") return <LongText text={value} />;
  if (value instanceof Uint8Array) return <span className="text-ink-3">{value.length} bytes</span>;
  return null;
}

/** A text with its first characters; the rest on a click. */
export function LongText({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  return (
    <span className="break-words whitespace-pre-wrap text-good">
      “{printable(text, isWhole ? 1_000_000 : LONG)}”
      {text.length > LONG && !isWhole && (
        <button type="button" onClick={() => setWhole(true)} className="ml-1 font-sans text-xs text-accent hover:underline">
          show all {text.length} characters
        </button>
      )}
    </span>
  );
}
