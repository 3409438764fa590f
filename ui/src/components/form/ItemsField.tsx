import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/Button";
import { FieldGroup, Input } from "@/components/ui/Field";
import { printable } from "@/lib/printable";
import { emptyOf, initial, newKey, type Shape, type Value } from "@/literal";
import { useForm } from "./context";
import { JsonButton } from "./JsonButton";
import { ShapeField, type KindProps } from "./ShapeField";
import { useFocusMove } from "./useFocusMove";

const AT_FIRST = 50; // more fields at once make typing slow; the rest is a click, or the JSON, away

const ADD = "add";

/** A list, item by item. */
export function ItemsField({ item, shape, value, onChange, frame, path, depth, label }: KindProps & { item: () => Shape }) {
  const { isLocked } = useForm();
  const [limit, setLimit] = useState(AT_FIRST);
  const items = value.form === "list" ? value.items : [];
  const set = (next: typeof items) => onChange({ form: "list", items: next });
  const { area, moveFocus } = useFocusMove();
  const add = () => {
    const key = newKey();
    set([...items, { key, value: initial(item()) }]);
    moveFocus(items.length < limit ? String(key) : ADD);
  };
  return (
    <FieldGroup {...frame} extra={<>{frame.extra}<JsonButton shape={shape} value={value} label={label} onChange={onChange} /></>}>
      <div ref={area} className="contents">
        {items.slice(0, limit).map((each, at) => (
          <div key={each.key} data-part={each.key}>
            <ShapeField
              shape={item()}
              value={each.value}
              onChange={(inner) => set(items.map((one) => (one.key === each.key ? { ...one, value: inner } : one)))}
              label={`${label}[${at}]`}
              path={inside(path, at)}
              depth={depth + 1}
              extra={
                <Remove
                  label={`Remove item ${at}`}
                  isLocked={isLocked}
                  onClick={() => {
                    set(items.filter((one) => one.key !== each.key));
                    moveFocus(nextTo(items, at));
                  }}
                />
              }
            />
          </div>
        ))}
        <More hidden={items.length - limit} onClick={() => setLimit(limit * 4)} />
        {!isLocked && (
          <div className="flex flex-wrap items-center gap-2">
            <Button size="small" data-part={ADD} aria-label={`Add item to ${label}`} icon={<Plus aria-hidden className="size-3.5" />} onClick={add}>
              Add item
            </Button>
            {value.form === "unset" && <NotGiven kind="list" label={label} onChange={onChange} />}
          </div>
        )}
      </div>
    </FieldGroup>
  );
}

/** A map, entry by entry, in the order in which they were added. */
export function EntriesField({ item, shape, value, onChange, frame, path, depth, label }: KindProps & { item: () => Shape }) {
  const { isLocked, messages } = useForm();
  const [limit, setLimit] = useState(AT_FIRST);
  const entries = value.form === "map" ? value.entries : [];
  const set = (next: typeof entries) => onChange({ form: "map", entries: next });
  const { area, moveFocus } = useFocusMove();
  const add = () => {
    const key = newKey();
    set([...entries, { key, name: "", value: initial(item()) }]);
    moveFocus(entries.length < limit ? String(key) : ADD);
  };
  const change = (key: number, changes: { name?: string; value?: Value }) => set(entries.map((one) => (one.key === key ? { ...one, ...changes } : one)));
  return (
    <FieldGroup {...frame} extra={<>{frame.extra}<JsonButton shape={shape} value={value} label={label} onChange={onChange} /></>}>
      <div ref={area} className="contents">
        {entries.slice(0, limit).map((each, at) => (
          <div key={each.key} data-part={each.key} className="flex flex-col gap-2 sm:flex-row sm:items-end">
            <Input
              className="shrink-0 font-mono !text-xs sm:!w-44"
              aria-label={`Key ${at + 1} of ${label}`}
              aria-invalid={messages.get(inside(path, at))?.includes("twice")}
              placeholder="key"
              disabled={isLocked}
              value={each.name}
              onChange={(event) => change(each.key, { name: event.target.value })}
            />
            <div className="min-w-0 flex-1">
              <ShapeField
                shape={item()}
                value={each.value}
                onChange={(inner) => change(each.key, { value: inner })}
                label={each.name ? printable(each.name, 60) : `Value ${at + 1}`}
                path={inside(path, at)}
                depth={depth + 1}
                extra={<Remove label={`Remove entry ${at + 1}`} isLocked={isLocked} onClick={() => {
                  set(entries.filter((one) => one.key !== each.key));
                  moveFocus(nextTo(entries, at));
                }} />}
              />
            </div>
          </div>
        ))}
        <More hidden={entries.length - limit} onClick={() => setLimit(limit * 4)} />
        {!isLocked && (
          <div className="flex flex-wrap items-center gap-2">
            <Button size="small" aria-label={`Add entry to ${label}`} icon={<Plus aria-hidden className="size-3.5" />} data-part={ADD} onClick={add}>
              Add entry
            </Button>
            {value.form === "unset" && <NotGiven kind="map" label={label} onChange={onChange} />}
          </div>
        )}
      </div>
    </FieldGroup>
  );
}

/** Nobody has said yet what is in it; that nothing is has to be said, too. */
function NotGiven({ kind, label, onChange }: { kind: "list" | "map"; label: string; onChange: (value: Value) => void }) {
  return (
    <>
      <Button size="small" aria-label={`Use an empty ${kind} for ${label}`} onClick={() => onChange(emptyOf(kind))}>
        Use an empty {kind}
      </Button>
      <span className="text-xs text-ink-2">Not given yet</span>
    </>
  );
}

/** The part that stands where another is taken away. */
function nextTo(parts: readonly { key: number }[], at: number): string {
  return String(parts[at + 1]?.key ?? parts[at - 1]?.key ?? ADD);
}

function inside(path: string, at: number): string {
  return path ? `${path}.${at}` : String(at);
}

function Remove({ label, isLocked, onClick }: { label: string; isLocked: boolean; onClick: () => void }) {
  if (isLocked) return null;
  return (
    <IconButton size="small" label={label} onClick={onClick}>
      <X aria-hidden className="size-3.5" />
    </IconButton>
  );
}

function More({ hidden, onClick }: { hidden: number; onClick: () => void }) {
  if (hidden <= 0) return null;
  return (
    <Button size="small" look="quiet" className="self-start" onClick={onClick}>
      {hidden} more
    </Button>
  );
}
