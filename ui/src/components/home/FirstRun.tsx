import { Code } from "@/components/ui/Code";
import type { Place } from "@/idl";
import { commandAt } from "@/lib/command";

const STEPS = [
  { title: "Start a project", isHere: true, command: "alula init my-project && cd my-project", why: "Makes a small program that fits a line: two tasks, a workflow and a test." },
  { title: "Register it", isHere: false, command: "alula register .", why: "Sends tasks and workflows here, under a version made from their content." },
  { title: "Run it", isHere: false, command: "alula launch workflow.fit --wait", why: "The run appears on this page while it goes on." },
] as const;

/** What an empty server shows: the way to a first run. */
export function FirstRun({ server, place }: { server: string; place: Place }) {
  return (
    <div className="mx-auto flex w-full max-w-2xl flex-col gap-5 px-4 py-10">
      <div>
        <h2 className="text-xl font-semibold">Nothing has run here yet</h2>
        <p className="mt-1 text-ink-2">Three commands in a terminal on this machine lead to a first run.</p>
      </div>
      <ol className="flex flex-col gap-5">
        {STEPS.map(({ title, command, isHere, why }, at) => (
          <li key={title} className="flex gap-3">
            <span aria-hidden className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-ground text-xs font-semibold text-accent">
              {at + 1}
            </span>
            <div className="min-w-0 flex-1">
              <p className="font-medium">{title}</p>
              <p className="mb-1.5 text-sm text-ink-2">{why}</p>
              <Code text={isHere ? command : commandAt(command, server, place)} label={`Copy: ${title}`} />
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}
