import { useId } from "react";
import { Field, FieldGroup, Input, Select, TextArea } from "@/components/ui/Field";
import { Button } from "@/components/ui/Button";
import { printable } from "@/lib/printable";
import { useForm } from "./context";
import type { KindProps } from "./ShapeField";

const EXAMPLES: Partial<Record<string, string>> = {
  integer: "42",
  float: "0.5, 1e-3, NaN, Infinity",
  datetime: "2026-01-31T08:00:00Z",
  day: "2026-01-31",
  duration: "20m, 1h30m, 3s",
  json: '{"key": "value"}',
  binary: "Base64: aGVsbG8=",
  raw: '{"scalar": {"primitive": {"integer": "1"}}}',
};

/** One input: numbers, text, truth, choices, instants, spans, and what is written down as JSON or base64. */
export function ScalarField(props: KindProps) {
  const { shape, value, onChange, frame, depth } = props;
  const { isLocked } = useForm();
  const text = value.form === "text" ? value.text : "";
  const set = (typed: string) => onChange({ form: "text", text: typed });
  if (shape.kind === "none") {
    return (
      <FieldGroup {...frame} isPlain>
        <p className="text-sm text-ink-2">None</p>
      </FieldGroup>
    );
  }
  if (shape.kind === "boolean") return <TruthField {...props} text={text} />;
  if (shape.kind === "choice") {
    return (
      <Field {...frame}>
        {(tied) => (
          <Select {...tied} disabled={isLocked} value={shape.choices.includes(text) ? text : ""} onChange={(event) => set(event.target.value)}>
            <option value="" disabled>
              Choose…
            </option>
            {shape.choices.map((choice) => (
              <option key={choice} value={choice}>
                {printable(choice, 200) || '"" (empty)'}
              </option>
            ))}
          </Select>
        )}
      </Field>
    );
  }
  if (shape.kind === "json" || shape.kind === "binary" || shape.kind === "raw") {
    const hint = shape.kind === "raw" ? "Another run's output, or the literal in JSON as the API has it" : frame.hint;
    return (
      <Field {...frame} hint={hint}>
        {(tied) => <TextArea {...tied} disabled={isLocked} rows={4} className="font-mono !text-xs" placeholder={EXAMPLES[shape.kind]} value={text} onChange={(event) => set(event.target.value)} />}
      </Field>
    );
  }
  if (shape.kind === "string") return <TextField {...props} text={text} isUnset={value.form === "unset"} />;
  if (shape.kind === "datetime") return <InstantField {...props} text={text} />;
  return (
    <Field {...frame}>
      {(tied) => (
        <Input
          {...tied}
          disabled={isLocked}
          inputMode={shape.kind === "integer" || shape.kind === "float" ? "text" : undefined}
          type={shape.kind === "day" ? "date" : "text"}
          className={depth > 0 ? "font-mono !text-xs" : "font-mono"}
          placeholder={EXAMPLES[shape.kind]}
          value={text}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Text; an empty one is a value, too, so it is told from none. */
function TextField({ onChange, frame, text, isUnset }: KindProps & { text: string; isUnset: boolean }) {
  const { isLocked } = useForm();
  const isLong = text.includes("\n") || text.length > 120;
  const set = (typed: string) => onChange({ form: "text", text: typed });
  const empty = isUnset && !isLocked && (
    <Button size="small" look="quiet" onClick={() => set("")}>
      Empty text
    </Button>
  );
  return (
    <Field {...frame} extra={<>{empty}{frame.extra}</>}>
      {(tied) => (
        // A text area from the start, so that nothing changes under the cursor when a line is added.
        <TextArea
          {...tied}
          disabled={isLocked}
          rows={isLong ? 5 : 1}
          className="!min-h-8 resize-y"
          placeholder={isUnset ? "" : '"" (empty text)'}
          value={text}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
}

/** An instant as text, exact, and a calendar that fills it in. */
function InstantField({ onChange, frame, text }: KindProps & { text: string }) {
  const { isLocked } = useForm();
  const set = (typed: string) => onChange({ form: "text", text: typed });
  return (
    <Field {...frame} hint={frame.hint}>
      {(tied) => (
        <div className="flex gap-2">
          <Input {...tied} disabled={isLocked} className="font-mono" placeholder={EXAMPLES["datetime"]} value={text} onChange={(event) => set(event.target.value)} />
          <Input
            type="datetime-local"
            step={1}
            disabled={isLocked}
            className="!w-10 shrink-0 sm:!w-52 max-sm:[&::-webkit-datetime-edit]:hidden"
            aria-label={`${frame.label}: pick a day and time, UTC`}
            title="UTC"
            value={/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?/.exec(text)?.[0] ?? ""}
            onChange={(event) => event.target.value && set(`${event.target.value}${event.target.value.length === 16 ? ":00" : ""}Z`)}
          />
          <Button disabled={isLocked} onClick={() => set(`${new Date().toISOString().slice(0, 19)}Z`)}>
            Now
          </Button>
        </div>
      )}
    </Field>
  );
}

function TruthField({ onChange, frame, text }: KindProps & { text: string }) {
  const { isLocked } = useForm();
  const name = useId();
  return (
    <FieldGroup {...frame} isPlain>
      <div className="flex h-8 items-center gap-5">
        {(["true", "false"] as const).map((word) => (
          <label key={word} className="inline-flex items-center gap-2 text-sm">
            <input type="radio" name={name} className="size-4 accent-accent" disabled={isLocked} checked={text === word} onChange={() => onChange({ form: "text", text: word })} />
            {word === "true" ? "True" : "False"}
          </label>
        ))}
      </div>
    </FieldGroup>
  );
}
