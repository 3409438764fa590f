import { Braces } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field, TextArea } from "@/components/ui/Field";
import type { Shape, Value } from "@/literal";
import { parseJson } from "@/literal/json";
import { jsonText } from "@/literal/plain";
import { fromPlain } from "@/literal/read";
import { draftPlain } from "@/literal/write";
import { messageOf } from "@/lib/messageOf";
import { useForm } from "./context";

/** A list, map or record as JSON: to paste what is at hand, or to see the whole. */
export function JsonButton({ shape, value, label, onChange }: { shape: Shape; value: Value; label: string; onChange: (value: Value) => void }) {
  const [open, setOpen] = useState(false);
  const { isLocked } = useForm();
  return (
    <>
      <IconButton size="small" label={`${label} as JSON`} onClick={() => setOpen(true)}>
        <Braces aria-hidden className="size-3.5" />
      </IconButton>
      {open && (
        <Dialog open onOpenChange={setOpen} title={`${label} as JSON`} width="max-w-2xl">
          <Editor
            shape={shape}
            value={value}
            isLocked={isLocked}
            onDone={(changed) => {
              onChange(changed);
              setOpen(false);
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function Editor({ shape, value, isLocked, onDone }: { shape: Shape; value: Value; isLocked: boolean; onDone: (value: Value) => void }) {
  const [text, setText] = useState(() => {
    const draft = draftPlain(shape, value);
    return draft === undefined ? "" : jsonText(draft, { indent: 2 });
  });
  const [error, setError] = useState("");
  const apply = () => {
    try {
      const read = fromPlain(shape, parseJson(text));
      if (read.form === "plain") setError(`This is no ${shape.words}`);
      else onDone(read);
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        apply();
      }}
    >
      <Field label="JSON" note={shape.words} error={error}>
        {(tied) => <TextArea {...tied} rows={16} disabled={isLocked} className="font-mono !text-xs" value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      {!isLocked && (
        <Button type="submit" look="primary" className="self-end">
          Use it
        </Button>
      )}
    </form>
  );
}
