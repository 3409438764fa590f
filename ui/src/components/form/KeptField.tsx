import { Button } from "@/components/ui/Button";
import { FieldGroup } from "@/components/ui/Field";
import { jsonOfLiteral, type Value } from "@/literal";
import { jsonText } from "@/literal/plain";
import { printable } from "@/lib/printable";
import { useForm } from "./context";
import type { KindProps } from "./ShapeField";

/** A value that is passed on as it is: another run's output, or what no form of this type can show. */
export function KeptField({ frame, value, onDrop }: KindProps & { value: Extract<Value, { form: "literal" | "plain" }>; onDrop: () => void }) {
  const { isLocked } = useForm();
  const from = value.form === "literal" ? value.from : undefined;
  return (
    <FieldGroup {...frame} isPlain>
      <div className="flex items-start gap-2 rounded-md border border-line bg-ground-2 px-2 py-1.5">
        <div className="min-w-0 flex-1 text-sm">
          <p className="break-words text-ink-2">{from ? printable(from, 300) : "Kept as it is; this form cannot edit it."}</p>
          <p className="truncate font-mono text-xs text-ink-2">{preview(value)}</p>
        </div>
        {!isLocked && (
          <Button size="small" onClick={onDrop}>
            Change
          </Button>
        )}
      </div>
    </FieldGroup>
  );
}

function preview(value: Extract<Value, { form: "literal" | "plain" }>): string {
  try {
    return printable(jsonText(value.form === "plain" ? value.plain : jsonOfLiteral(value.literal)), 300);
  } catch {
    return value.form === "literal" && value.literal.offloaded_metadata ? printable(value.literal.offloaded_metadata.uri, 300) : "";
  }
}
