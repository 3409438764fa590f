import type { ReactNode } from "react";
import type { Shape, Value } from "@/literal";
import { initial } from "@/literal";
import { printable } from "@/lib/printable";
import { useForm } from "./context";
import { EntriesField, ItemsField } from "./ItemsField";
import { KeptField } from "./KeptField";
import { RecordField } from "./RecordField";
import { ScalarField } from "./ScalarField";
import { OutputButton } from "./OutputButton";
import { StoredField } from "./StoredField";
import { UnionField } from "./UnionField";

export interface ShapeProps {
  shape: Shape;
  value: Value;
  onChange: (value: Value) => void;
  label: string;
  description?: string;
  /** Names and positions that lead to it, joined by dots. */
  path: string;
  extra?: ReactNode;
  /** Levels above it. */
  depth?: number;
  /** One variant of a union, which has said the type and has the buttons. */
  isVariant?: boolean;
}

/** What a field is handed by its kind: everything about its frame is made. */
export interface KindProps extends ShapeProps {
  depth: number;
  frame: { label: string; hint?: string; note: string; error?: string; extra: ReactNode };
}

/** The field of a shape: one input, or several. */
export function ShapeField({ depth = 0, isVariant, ...props }: ShapeProps) {
  const { shape, value, onChange, label, description, path, extra } = props;
  const { messages } = useForm();
  const buttons = (
    <>
      {shape.type && !isVariant && (depth === 0 || ["file", "frame", "raw"].includes(shape.kind)) && <OutputButton type={shape.type} label={label} onPick={(picked) => onChange({ form: "literal", ...picked })} />}
      {extra}
    </>
  );
  const frame = { label: printable(label, 200), hint: description ? printable(description) : undefined, note: isVariant ? "" : printable(shape.words, 200), error: messages.get(path), extra: buttons };
  const all: KindProps = { ...props, depth, frame };
  if (value.form === "literal" || value.form === "plain") return <KeptField {...all} value={value} onDrop={() => onChange(initial(shape))} />;
  switch (shape.kind) {
    case "list": return <ItemsField {...all} item={shape.item} />;
    case "map": return <EntriesField {...all} item={shape.item} />;
    case "record": return <RecordField {...all} fields={shape.fields} />;
    case "tuple": return <RecordField {...all} fields={shape.parts} />;
    case "union": return <UnionField {...all} variants={shape.variants} />;
    case "file": return <StoredField {...all} isFolder={shape.isFolder} accept="" />;
    case "frame": return <StoredField {...all} isFolder={false} accept={shape.format ? `.${shape.format}` : ".parquet,.csv"} isFrame />;
    default: return <ScalarField {...all} />;
  }
}
