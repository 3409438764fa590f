import { Code } from "@/components/ui/Code";
import type { Place } from "@/idl";
import { commandAt } from "@/lib/command";

/** What brings a first workflow or task to a project and domain. */
export function HowToRegister({ server, place }: { server: string; place: Place }) {
  // Without a server's name a file runs where the command is given.
  const run = server ? "alula run FILE.py NAME" : "alula run --remote FILE.py NAME";
  return (
    <div className="flex flex-col gap-2 text-left">
      <p>Register a file, or run it here at once:</p>
      <Code text={commandAt("alula register FILE.py", server, place)} label="Copy the command that registers" />
      <Code text={commandAt(run, server, place)} label="Copy the command that runs" />
    </div>
  );
}
