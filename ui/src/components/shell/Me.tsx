import { UserRound } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field, Input } from "@/components/ui/Field";
import { faultOf, setMe, useMe } from "@/lib/me";
import { printable } from "@/lib/printable";

/** Under which name this browser launches and aborts. It proves nothing, and says so. */
export function Me({ isSmall }: { isSmall?: boolean }) {
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  const shown = printable(me, 40);
  return (
    <>
      <Button
        look="quiet"
        aria-label={me ? `Your name: ${shown}` : "Your name"}
        title={me ? `What you do is on record as from ${shown}` : "Say who you are"}
        className="!px-2 lg:w-full lg:!justify-start"
        icon={<UserRound aria-hidden className="size-4 shrink-0" />}
        onClick={() => setOpen(true)}
      >
        {!isSmall && <span className="hidden min-w-0 truncate lg:inline">{me ? shown : "Your name"}</span>}
      </Button>
      <Dialog open={isOpen} onOpenChange={setOpen} title="Your name">
        <Form key={me} me={me} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ me, onDone }: { me: string; onDone: () => void }) {
  const [said, setSaid] = useState(me);
  const fault = faultOf(said.trim());
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault) return;
        setMe(said);
        onDone();
      }}
    >
      <p className="text-sm text-ink-2">
        What you launch or abort here is put on record under it, and lists can show what is yours. It is no sign-in: nobody checks it, and it keeps nobody out.
      </p>
      <Field label="Name" hint="This browser keeps it. Empty: the server decides, as on its own machine by the account that it runs under." error={fault}>
        {(props) => <Input {...props} value={said} onChange={(event) => setSaid(event.target.value)} placeholder="ada" />}
      </Field>
      <Button type="submit" look="primary" disabled={fault !== ""} className="self-end">
        Keep
      </Button>
    </form>
  );
}
