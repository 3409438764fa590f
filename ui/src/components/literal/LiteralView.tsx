import { useState } from "react";
import { Copy } from "@/components/ui/Copy";
import type { Literal, LiteralMap, LiteralType, Variable } from "@/idl";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { exact, inWords, ms } from "@/lib/time";
import { typeWords } from "@/literal/shape";
import { shownOf, type Shown } from "@/literal/shown";
import { FileValue } from "./FileValue";
import { FrameValue } from "./FrameValue";
import { LongText, Tree } from "./Tree";

const SHOWN_AT_FIRST = 20;
const DEEPEST = 12;

/** A value, by its type. */
export function LiteralView({ literal, type, depth = 0 }: { literal: Literal; type?: LiteralType; depth?: number }) {
  const shown = shownOf(literal, type);
  const metadata = Object.entries(literal.metadata ?? {});
  return (
    <div className="min-w-0">
      {depth > DEEPEST ? <span className="text-ink-2">… nested deeper than is shown</span> : <Value shown={shown} depth={depth} />}
      {metadata.length > 0 && (
        <dl className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-2">
          {metadata.map(([name, value]) => (
            <div key={name} className="flex gap-1">
              <dt>{printable(name, 80)}</dt>
              <dd className="font-mono text-ink">{printable(value, 200)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Value({ shown, depth }: { shown: Shown; depth: number }) {
  switch (shown.kind) {
    case "nothing":
      return <span className="text-ink-3">nothing</span>;
    case "text":
      return <LongText text={shown.text} />;
    case "number":
      return <span className="font-mono break-all text-busy">{shown.text}</span>;
    case "boolean":
      return <span className="font-mono text-hold">{String(shown.value)}</span>;
    case "instant":
      return (
        <time dateTime={shown.iso} title={shown.iso} className="font-mono text-xs">
          {exact(ms(shown.iso)) || shown.iso}
        </time>
      );
    case "span":
      return (
        <span title={shown.text} className="font-mono">
          {inWords(shown.seconds) || shown.text}
        </span>
      );
    case "tree":
    case "unknown":
      return <Tree value={shown.value} />;
    case "bytes":
      return (
        <span className="text-ink-2">
          {sizeInWords(shown.size)} of {printable(shown.tag, 60) || "bytes"}
        </span>
      );
    case "file":
      return <FileValue {...shown} />;
    case "frame":
      return <FrameValue {...shown} />;
    case "offloaded":
      return (
        <span className="inline-flex min-w-0 items-center gap-1.5 text-ink-2">
          {printable(shown.words, 100)}, {sizeInWords(shown.bytes)} in the store
          <Copy text={shown.uri} label="Copy the address" />
        </span>
      );
    case "error":
      return <span className="break-words whitespace-pre-wrap text-bad">{printable(shown.message)}</span>;
    case "union":
      return (
        <div className="flex min-w-0 items-baseline gap-2">
          <LiteralView literal={shown.value} type={shown.type} depth={depth + 1} />
          <span className="shrink-0 text-xs text-ink-3">{printable(shown.words, 60)}</span>
        </div>
      );
    case "list":
      return <Entries entries={shown.items.map((each, at) => [String(at), each])} inner={shown.inner} empty="an empty list" depth={depth} />;
    case "map":
      return <Entries entries={shown.entries} inner={shown.inner} empty="an empty map" depth={depth} />;
  }
}

function Entries({ entries, inner, empty, depth }: { entries: readonly [string, Literal][]; inner: LiteralType | undefined; empty: string; depth: number }) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  if (entries.length === 0) return <span className="text-ink-3">{empty}</span>;
  return (
    <div className="flex flex-col gap-0.5 border-l-2 border-line pl-2">
      {entries.slice(0, shown).map(([name, each]) => (
        <div key={name} className="flex min-w-0 items-baseline gap-2">
          <span className="shrink-0 font-mono text-xs text-ink-3">{printable(name, 80)}</span>
          <LiteralView literal={each} type={inner} depth={depth + 1} />
        </div>
      ))}
      {entries.length > shown && (
        <button type="button" onClick={() => setShown(shown * 10)} className="self-start text-xs text-accent hover:underline">
          {entries.length - shown} more
        </button>
      )}
    </div>
  );
}

/** Named values with their types and what is written about them. */
export function LiteralTable({ values, variables, empty, label }: { values: LiteralMap | undefined; variables?: Record<string, Variable>; empty: string; label: string }) {
  const names = Object.keys(values?.literals ?? {}).sort(byNumberToo);
  if (names.length === 0) return <p className="px-4 py-3 text-sm text-ink-2">{empty}</p>;
  return (
    <dl aria-label={label} className="divide-y divide-line">
      {names.map((name) => {
        const variable = variables?.[name];
        return (
          <div key={name} data-value={name} className="grid gap-x-4 gap-y-1 px-4 py-2 sm:grid-cols-[minmax(7rem,12rem)_1fr]">
            <dt className="min-w-0">
              <span className="block truncate font-mono text-sm" title={printable(name)}>
                {printable(name, 100)}
              </span>
              {variable?.type && <span className="block truncate text-xs text-ink-3" title={printable(typeWords(variable.type))}>{printable(typeWords(variable.type), 100)}</span>}
              {variable?.description && variable.description !== name && <span className="block text-xs text-ink-2">{printable(variable.description, 300)}</span>}
            </dt>
            <dd className="min-w-0 text-sm">
              <LiteralView literal={values?.literals?.[name] ?? {}} type={variable?.type} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** o2 before o10. */
function byNumberToo(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
