import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Rocket, SquareFunction, Workflow } from "lucide-react";
import { useState } from "react";
import { entitiesQuery } from "@/api/entity/queries";
import { serverQuery } from "@/api/overview/queries";
import { HowToRegister } from "@/components/entity/HowToRegister";
import { Field, Input } from "@/components/ui/Field";
import { Empty, Failure, None, Skeleton } from "@/components/ui/State";
import type { Entity, Place } from "@/idl";
import { printable } from "@/lib/printable";
import { useDebounced } from "@/lib/useDebounced";
import type { LaunchKind } from "./useTarget";

const FOUND = 20;

function named(data: { pages: readonly { entities?: readonly Entity[] }[] } | undefined) {
  return (data?.pages[0]?.entities ?? []).map((entity) => ({ name: entity.latest?.name ?? "", description: entity.short_description ?? "" }));
}

/** What can be launched here, by a part of its name. */
export function Chooser({ place }: { place: Place }) {
  const [typed, setTyped] = useState("");
  const text = useDebounced(typed.trim());
  const { data: server = "" } = useQuery(serverQuery());
  const workflows = useInfiniteQuery(entitiesQuery("WORKFLOW", { ...place, text, without_runs: true }, FOUND));
  const tasks = useInfiniteQuery(entitiesQuery("TASK", { ...place, text, without_runs: true }, FOUND));
  const plans = useInfiniteQuery(entitiesQuery("LAUNCH_PLAN", { ...place, text, without_runs: true }, FOUND));
  const failed = [workflows, tasks, plans].filter((query) => query.isError && !query.data);
  if (failed[0]) return <Failure error={failed[0].error} onRetry={() => failed.forEach((query) => void query.refetch())} />;
  if (workflows.isPending) return <Skeleton />;
  const found = named(workflows.data);
  const known = new Set(found.map((each) => each.name));
  // A workflow's own launch plan is launched by the workflow.
  const others = named(plans.data).filter((each) => !known.has(each.name));
  if (!text && found.length === 0 && named(tasks.data).length === 0) {
    return (
      <Empty title={`Nothing is registered in ${printable(place.project)}/${printable(place.domain)}`}>
        <HowToRegister server={server} place={place} />
      </Empty>
    );
  }
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 p-4">
      <Field label="What to launch">
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the one thing this page asks */}
        {(tied) => <Input {...tied} autoFocus type="search" placeholder="A part of its name" value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
      <Choices title="Workflows" kind="workflow" choices={found} Sign={Workflow} />
      <Choices title="Launch plans" kind="launch-plan" choices={others} Sign={Rocket} />
      <Choices title="Tasks" kind="task" choices={named(tasks.data)} Sign={SquareFunction} />
      {found.length + others.length + named(tasks.data).length === 0 && <None>Nothing has “{printable(text, 60)}” in its name.</None>}
    </div>
  );
}

function Choices({ title, kind, choices, Sign }: { title: string; kind: LaunchKind; choices: readonly { name: string; description: string }[]; Sign: typeof Workflow }) {
  if (choices.length === 0) return null;
  return (
    <section>
      <h2 className="mb-1 text-xs font-semibold text-ink-2">{title}</h2>
      <ul className="divide-y divide-line rounded-lg border border-line">
        {choices.map(({ name, description }) => (
          <li key={name}>
            <Link to="/launch" search={(old) => ({ ...old, kind, name })} className="flex items-center gap-2 px-3 py-2 hover:bg-ground-3">
              <Sign aria-hidden className="size-4 shrink-0 text-ink-3" />
              <span className="max-w-full shrink-0 truncate font-mono text-sm sm:max-w-[70%]">{printable(name, 200)}</span>
              <span className="ml-auto hidden min-w-0 truncate text-xs text-ink-2 sm:inline">{printable(description, 200)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
