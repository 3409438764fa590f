import { Plus, X } from "lucide-react";
import { Button, IconButton } from "@/components/ui/Button";
import { FieldGroup } from "@/components/ui/Field";
import { printable } from "@/lib/printable";
import { initial, UNSET, type FieldShape, type Value } from "@/literal";
import { fromPlain } from "@/literal/read";
import { useForm } from "./context";
import { JsonButton } from "./JsonButton";
import { ShapeField, type KindProps } from "./ShapeField";
import { useFocusMove } from "./useFocusMove";

/** The fields of a record. Those that may be left to the class are there when they are asked for, so a class that holds itself ends. */
export function RecordField({ fields, shape, value, onChange, frame, path, depth, label }: KindProps & { fields: readonly FieldShape[] }) {
  const { isLocked } = useForm();
  const { area, moveFocus } = useFocusMove();
  if (value.form !== "record") {
    return (
      <FieldGroup {...frame} isPlain>
        <Button className="self-start" size="small" disabled={isLocked} icon={<Plus aria-hidden className="size-3.5" />} onClick={() => {
            onChange(initial(shape));
            moveFocus(fields.find((field) => field.isRequired)?.name ?? giveOf(fields[0]?.name ?? ""));
          }}>
          Fill in {printable(shape.words, 60)}
        </Button>
      </FieldGroup>
    );
  }
  const given = value.fields;
  const set = (name: string, inner: Value | undefined) => {
    const next = new Map(given);
    if (inner === undefined) next.delete(name);
    else next.set(name, inner);
    onChange({ form: "record", fields: next });
  };
  const shown = fields.filter((field) => field.isRequired || given.has(field.name));
  const absent = fields.filter((field) => !shown.includes(field));
  return (
    <FieldGroup {...frame} extra={<>{frame.extra}<JsonButton shape={shape} value={value} label={label} onChange={onChange} /></>}>
      <div ref={area} className="contents">
        {shown.map((field) => (
          <div key={field.name} data-part={field.name}>
            <ShapeField
              shape={field.shape()}
              value={given.get(field.name) ?? UNSET}
              onChange={(inner) => set(field.name, inner)}
              label={field.name}
              description={field.description}
              path={path ? `${path}.${field.name}` : field.name}
              depth={depth + 1}
              extra={
                !field.isRequired &&
                !isLocked && (
                  <IconButton size="small" label={`Leave out ${printable(field.name, 60)}`} onClick={() => {
                    set(field.name, undefined);
                    moveFocus(giveOf(field.name));
                  }}>
                    <X aria-hidden className="size-3.5" />
                  </IconButton>
                )
              }
            />
          </div>
        ))}
        {absent.length > 0 && !isLocked && (
          <div className="flex flex-wrap items-center gap-1 text-xs text-ink-2">
            Left to the class:
            {absent.map((field) => (
              <Button key={field.name} data-part={giveOf(field.name)} size="small" look="quiet" aria-label={`Give ${printable(field.name, 60)}`} icon={<Plus aria-hidden className="size-3" />} onClick={() => {
                set(field.name, begin(field));
                moveFocus(field.name);
              }}>
                {printable(field.name, 60)}
              </Button>
            ))}
          </div>
        )}
      </div>
    </FieldGroup>
  );
}

/** The button that brings a field. */
function giveOf(name: string): string {
  return `give ${name}`;
}

function begin(field: FieldShape): Value {
  return field.default === undefined ? initial(field.shape()) : fromPlain(field.shape(), field.default);
}
