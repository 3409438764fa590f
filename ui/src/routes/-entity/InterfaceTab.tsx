import { Link } from "@tanstack/react-router";
import type { EntityKind } from "@/api/entity/queries";
import { InterfaceView } from "@/components/entity/InterfaceView";
import { SettingsView } from "@/components/entity/SettingsView";
import { Section } from "@/components/ui/Page";
import { Failure, None, Skeleton } from "@/components/ui/State";
import type { Identifier } from "@/idl";
import { settingsOf } from "@/compare/version/settings";
import { planLines } from "@/compare/version/signature";
import { printable } from "@/lib/printable";
import { scheduleWords } from "@/lib/schedule";
import { useVersion, type Loaded } from "./useVersion";

/** What goes in and comes out of a version, and what it says of how it runs. */
export function InterfaceTab({ kind, id }: { kind: EntityKind; id: Identifier }) {
  const { data, error, retry } = useVersion(kind, id);
  if (error) return <Failure error={error} onRetry={retry} title="This version could not be read" />;
  if (!data) return <Skeleton />;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 p-4">
      <InterfaceView of={data.interface} inputs={data.inputs} />
      {kind === "TASK" && <TaskSettings data={data} />}
      {kind === "LAUNCH_PLAN" && <PlanSettings data={data} />}
      {kind === "WORKFLOW" && <Tasks data={data} />}
    </div>
  );
}

function TaskSettings({ data }: { data: Loaded }) {
  const settings = settingsOf(data.tasks[0]);
  return <Section title="How it runs">{settings.size === 0 ? <None>As the server sees fit.</None> : <SettingsView settings={settings} />}</Section>;
}

function PlanSettings({ data }: { data: Loaded }) {
  const workflow = data.plan?.spec?.workflow_id;
  const settings = planLines(data.plan);
  // Its inputs say their defaults and what is fixed.
  for (const name of settings.keys()) if (/^(workflow$|default of |fixed )/.test(name)) settings.delete(name);
  const schedule = scheduleWords(data.plan?.spec?.entity_metadata?.schedule);
  if (schedule) settings.set("schedule", schedule);
  settings.set("state", data.plan?.closure?.state === "ACTIVE" ? "active" : "not active");
  return (
    <>
      <Section title="Workflow">
        <p className="px-4 py-2 text-sm">
          <Link
            to="/workflows/$project/$domain/$name"
            params={{ project: workflow?.project ?? "", domain: workflow?.domain ?? "", name: workflow?.name ?? "" }}
            search={{ version: workflow?.version, tab: "graph" }}
            className="font-mono break-words hover:underline"
          >
            {printable(workflow?.name, 200)}
          </Link>{" "}
          <span className="font-mono text-xs text-ink-2">{printable(workflow?.version, 100)}</span>
        </p>
      </Section>
      <Section title="Settings">
        <SettingsView settings={settings} />
      </Section>
    </>
  );
}

function Tasks({ data }: { data: Loaded }) {
  if (data.tasks.length === 0) return null;
  return (
    <Section title="Tasks">
      <ul className="divide-y divide-line">
        {data.tasks.map((task) => (
          <li key={task.id?.name} className="px-4 py-2">
            <Link
              to="/tasks/$project/$domain/$name"
              params={{ project: task.id?.project ?? "", domain: task.id?.domain ?? "", name: task.id?.name ?? "" }}
              search={{ version: task.id?.version, tab: "interface" }}
              className="font-mono text-sm break-words hover:underline"
            >
              {printable(task.id?.name, 200)}
            </Link>
            <p className="text-xs break-words text-ink-2">
              {printable(
                [...settingsOf(task)]
                  .filter(([name]) => name !== "type")
                  .map(([name, value]) => `${name} ${value}`)
                  .join(" · "),
                400,
              )}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
