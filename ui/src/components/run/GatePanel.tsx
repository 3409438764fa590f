import { useMemo, useState } from "react";
import { Button } from "@/components/ui/Button";
import { LiteralField } from "@/components/form/LiteralField";
import { LiteralView } from "@/components/literal/LiteralView";
import { LiteralTable } from "@/components/literal/LiteralView";
import { Ago } from "@/components/ui/Time";
import type { Gate, Literal, LiteralMap, LiteralType } from "@/idl";
import { messageOf } from "@/lib/messageOf";
import { printable } from "@/lib/printable";
import { ms } from "@/lib/time";
import { initial, shapeOfType, typeWords, writeLiteral, type Value } from "@/literal";

/** A gate that waits for a person: agree or refuse, or give it the value it asks for. */
export function GatePanel({ gate, isApproval, isWaiting, asked, onAnswer }: {
  gate: Gate;
  isApproval: boolean;
  isWaiting: boolean;
  /** What is to be approved; undefined while it is read, empty if there is nothing. */
  asked: LiteralMap | undefined;
  onAnswer: (value: Literal) => Promise<unknown>;
}) {
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);
  const name = printable(gate.name, 100);

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

  const subject = Object.keys(asked?.literals ?? {}).length > 0 && (
    <section aria-label="What is asked about" className="max-h-[45vh] overflow-auto rounded-md border border-line bg-ground">
      <LiteralTable label="What is asked about" values={asked} empty="" />
    </section>
  );
  if (gate.value) {
    return (
      <div className="flex flex-col gap-3 px-4 py-3 text-sm">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-ink-2">{isApproval ? "Answered:" : "The value given:"}</span>
          {isApproval ? <span className="font-medium">{gate.value.scalar?.primitive?.boolean ? "approved" : "rejected"}</span> : <LiteralView literal={gate.value} type={gate.type} />}
          <span className="text-ink-2">
            by {gate.principal ? <span className="font-medium text-ink">{printable(gate.principal, 100)}</span> : "somebody who gave no name"}, <Ago at={ms(gate.answered_at)} />
          </span>
        </div>
        {subject}
      </div>
    );
  }
  if (!isWaiting) return <p className="px-4 py-3 text-sm text-ink-2">It is not waiting for an answer.</p>;
  return (
    <div className="m-4 rounded-lg border border-line-2 bg-hold-ground p-3">
      <p className="mb-2 text-sm">
        <span className="font-medium text-hold">{name}</span> waits for {isApproval ? "an approval" : `a value of type ${printable(typeWords(gate.type), 100)}`}.
      </p>
      {subject && <div className="mb-3">{subject}</div>}
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
        <ValueForm type={gate.type ?? {}} isBusy={isBusy} onAnswer={answer} />
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
