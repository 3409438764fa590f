import { Terminal } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Code } from "@/components/ui/Code";
import { Dialog } from "@/components/ui/Dialog";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { launchCommand, launchPython, type LaunchWords } from "@/literal";

/** The launch as it stands, for a terminal or a program. */
export function CopyAs({ words, isWhole }: { words: LaunchWords; isWhole: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Terminal aria-hidden className="size-4" />} onClick={() => setOpen(true)}>
        Copy as…
      </Button>
      {open && (
        <Dialog open onOpenChange={setOpen} title="This launch elsewhere" width="max-w-2xl">
          <Ways words={words} isWhole={isWhole} />
        </Dialog>
      )}
    </>
  );
}

function Ways({ words, isWhole }: { words: LaunchWords; isWhole: boolean }) {
  const [way, setWay] = useState("command");
  const { text, missing } = way === "command" ? launchCommand(words) : launchPython(words);
  return (
    <Tabs value={way} onChange={setWay} label="Ways" items={[{ value: "command", label: "Command" }, { value: "python", label: "Python" }]}>
      <TabPanel value={way} className="flex flex-col gap-3 pt-3">
        <Code text={text} label={way === "command" ? "Copy the command" : "Copy the Python"} />
        {!isWhole && <p className="text-sm text-warn">Inputs that are missing or wrong in the form are not in it.</p>}
        {missing.length > 0 && (
          <p className="text-sm text-ink-2">
            {way === "command" ? "The command takes no" : "It leaves out"} {missing.join(", ")}.
          </p>
        )}
      </TabPanel>
    </Tabs>
  );
}
