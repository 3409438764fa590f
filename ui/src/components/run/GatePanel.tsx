import { useMemo, useState } from "react";
import { Button } from "@/components/ui/Button";
import { LiteralField } from "@/components/form/LiteralField";
import { LiteralView } from "@/components/literal/LiteralView";
import type { Literal, LiteralType, Signal } from "@/idl";
import { messageOf } from "@/lib/messageOf";
import { printable } from "@/lib/printable";
import { initial, shapeOfType, typeWords, writeLiteral, type Value } from "@/literal";

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
      setFailure(messageOf(error));
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
        <ValueForm type={signal.type ?? {}} isBusy={isBusy} onAnswer={answer} />
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

/** The field that the launch form has for this type. */
function ValueForm({ type, isBusy, onAnswer }: { type: LiteralType; isBusy: boolean; onAnswer: (value: Literal) => Promise<void> }) {
  const shape = useMemo(() => shapeOfType(type), [type]);
  const [value, setValue] = useState<Value>(() => initial(shape));
  const [isSent, setSent] = useState(false);
  const written = useMemo(() => writeLiteral(shape, value), [shape, value]);
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        setSent(true);
        if (written.value) void onAnswer(written.value);
      }}
    >
      <LiteralField type={type} value={value} onChange={setValue} label="Value" problems={written.problems} isComplete={isSent} />
      <Button look="primary" type="submit" disabled={isBusy} className="self-start">
        Send
      </Button>
    </form>
  );
}
