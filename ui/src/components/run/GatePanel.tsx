import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Field, Input, Select } from "@/components/ui/Field";
import { LiteralView } from "@/components/literal/LiteralView";
import type { Literal, Signal } from "@/idl";
import { printable } from "@/lib/printable";
import { shapeOfType, typeWords, writeLiteral, type Shape, type Value } from "@/literal";
import { parseJson } from "@/literal/json";
import { fromPlain } from "@/literal/read";

/** A gate that waits for a person: agree or refuse, or give it the value it asks for. */
export function GatePanel({ signal, isApproval, isWaiting, onAnswer }: { signal: Signal; isApproval: boolean; isWaiting: boolean; onAnswer: (value: Literal) => Promise<unknown> }) {
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);
  const name = printable(signal.id?.signal_id, 100);

  async function answer(value: Literal): Promise<void> {
    setBusy(true);
    setFailure("");
    try {
      await onAnswer(value);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  if (signal.value) {
    return (
      <div className="flex items-baseline gap-2 px-4 py-3 text-sm">
        <span className="text-ink-2">{isApproval ? "Answered:" : "The value given:"}</span>
        {isApproval ? <span className="font-medium">{signal.value.scalar?.primitive?.boolean ? "approved" : "rejected"}</span> : <LiteralView literal={signal.value} type={signal.type} />}
      </div>
    );
  }
  if (!isWaiting) return <p className="px-4 py-3 text-sm text-ink-2">It is not waiting for an answer.</p>;
  return (
    <div className="m-4 rounded-lg border border-line-2 bg-hold-ground p-3">
      <p className="mb-2 text-sm">
        <span className="font-medium text-hold">{name}</span> waits for {isApproval ? "an approval" : `a value of type ${printable(typeWords(signal.type), 100)}`}.
      </p>
      {isApproval ? (
        <div className="flex gap-2">
          <Button look="primary" disabled={isBusy} onClick={() => void answer(truth(true))}>
            Approve
          </Button>
          <Button look="danger" disabled={isBusy} onClick={() => void answer(truth(false))}>
            Reject
          </Button>
        </div>
      ) : (
        <ValueForm signal={signal} isBusy={isBusy} onAnswer={answer} onFailure={setFailure} />
      )}
      {failure && (
        <p role="alert" className="mt-2 text-sm break-words whitespace-pre-wrap text-bad">
          {printable(failure)}
        </p>
      )}
    </div>
  );
}

function truth(boolean: boolean): Literal {
  return { scalar: { primitive: { boolean } } };
}

/** What has more than one part is written as JSON. */
const PARTED = new Set(["list", "map", "record", "tuple", "union"]);

function valueOf(shape: Shape, text: string): Value {
  return PARTED.has(shape.kind) ? fromPlain(shape, parseJson(text)) : { form: "text", text };
}

/** A line of text, or a choice, of which the type makes the value. */
function ValueForm({ signal, isBusy, onAnswer, onFailure }: { signal: Signal; isBusy: boolean; onAnswer: (value: Literal) => Promise<void>; onFailure: (text: string) => void }) {
  const shape = shapeOfType(signal.type ?? {});
  const [text, setText] = useState("");
  const choices = shape.kind === "boolean" ? ["true", "false"] : shape.kind === "choice" ? shape.choices : undefined;

  function send(): void {
    try {
      const { value, problems } = writeLiteral(shape, valueOf(shape, text));
      if (value) void onAnswer(value);
      else onFailure(problems.map((problem) => problem.message).join("\n"));
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="min-w-0 flex-1">
        <Field label="Value" note={typeWords(signal.type)} hint={PARTED.has(shape.kind) ? "as JSON" : undefined}>
          {(props) =>
            choices ? (
              <Select {...props} value={text} onChange={(event) => setText(event.target.value)}>
                <option value="">choose</option>
                {choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </Select>
            ) : (
              <Input {...props} value={text} onChange={(event) => setText(event.target.value)} />
            )
          }
        </Field>
      </div>
      <Button look="primary" type="submit" disabled={isBusy}>
        Send
      </Button>
    </form>
  );
}
