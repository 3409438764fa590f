import { FieldGroup, Select } from "@/components/ui/Field";
import { printable } from "@/lib/printable";
import { canStay, initial, UNSET, type Variant } from "@/literal";
import { useForm } from "./context";
import { ShapeField, type KindProps } from "./ShapeField";

/** Which of several types, in the line of the label, and a value of it. */
export function UnionField({ variants, value, onChange, frame, path, depth, label, description }: KindProps & { variants: readonly Variant[] }) {
  const { isLocked } = useForm();
  const at = value.form === "union" ? value.variant : -1;
  const chosen = variants[at];
  const choose = (index: number) => {
    const next = variants[index];
    if (!next) return;
    // What was typed for one variant is kept for another that takes it.
    const isKept = value.form === "union" && value.value.form !== "unset" && next.shape.kind !== "none" && canStay(next.shape, value.value);
    onChange({ form: "union", variant: index, value: isKept ? value.value : initial(next.shape) });
  };
  const extra = (
    <>
      <Select
        className="!h-7 !w-auto max-w-48 font-mono !text-xs"
        aria-label={`${printable(label, 200)}: type`}
        disabled={isLocked}
        value={String(at)}
        onChange={(event) => choose(Number(event.target.value))}
      >
        {!chosen && <option value="-1">Choose…</option>}
        {variants.map((variant, index) => (
          <option key={index} value={index}>
            {printable(variant.shape.words, 100)}
          </option>
        ))}
      </Select>
      {frame.extra}
    </>
  );
  // Choosing None says all there is to say.
  if (!chosen || chosen.shape.kind === "none") {
    return (
      <FieldGroup {...frame} note={undefined} extra={extra} isPlain>
        {chosen && <p className="text-sm text-ink-2">None</p>}
      </FieldGroup>
    );
  }
  return (
    <ShapeField
      shape={chosen.shape}
      value={value.form === "union" ? value.value : UNSET}
      onChange={(inner) => onChange({ form: "union", variant: at, value: inner })}
      label={label}
      description={description}
      path={path}
      depth={depth}
      extra={extra}
      isVariant
    />
  );
}
