import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { launchExecution, rerunExecution, type Launch, type Rerun } from "@/api/execution/mutations";
import { checkQuery } from "@/api/execution/queries";
import { serverQuery } from "@/api/overview/queries";
import { InputFields } from "@/components/launch/InputFields";
import { LaunchBar } from "@/components/launch/LaunchBar";
import { OptionFields } from "@/components/launch/OptionFields";
import { NO_OPTIONS, optionProblems, optionsOf, specOf } from "@/components/launch/options";
import { VersionFields } from "@/components/launch/VersionFields";
import { Page, Section } from "@/components/ui/Page";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { say } from "@/components/ui/Toast";
import { keepsAnything } from "@/graph/rerun";
import type { ExecutionId } from "@/idl";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { useShortcuts } from "@/lib/useShortcuts";
import { typedOf, writeInputs, type Input, type Problem, type Value } from "@/literal";
import { messageOf } from "@/lib/messageOf";
import type { Source } from "./LaunchPage";
import { RerunNote } from "./RerunNote";
import { serverProblems, useCheck } from "./useCheck";
import { useTarget, type Target, type Wanted } from "./useTarget";
import { useTools } from "./useTools";
import { wordsOf } from "./words";

const route = getRouteApi("/launch");

/** The form of one launch. What was typed stays while the version or the launch plan is changed, wherever it still fits. */
export function LaunchForm({ wanted, source }: { wanted: Wanted; source?: Source }) {
  const target = useTarget(wanted);
  const { data: server = "" } = useQuery(serverQuery());
  const { id, inputs } = target;
  const [edited, setEdited] = useState<ReadonlyMap<string, Value | undefined>>(new Map());
  const [options, setOptions] = useState(() => (source ? optionsOf(source.execution.spec) : NO_OPTIONS));
  const [areOptionsOpen, setOptionsOpen] = useState(false);
  const [isComplete, setComplete] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const { tools, dialog, uploads } = useTools(wanted);
  const isRerun = source !== undefined && keepsAnything(source.start);

  const typed = useMemo(() => whatWasTyped(source, inputs, edited), [source, inputs, edited]);
  const written = useMemo(() => writeInputs(inputs ?? [], typed), [inputs, typed]);
  const wrongOptions = useMemo(() => optionProblems(options), [options]);
  const { project, domain } = wanted;
  // An id is made anew with each reading; what it says is what counts.
  const launched = JSON.stringify(id);
  const launch = useMemo<Launch | undefined>(
    () => (launched ? { project, domain, name: options.name, spec: { launch_plan: JSON.parse(launched) as typeof id, ...specOf(options) }, inputs: { literals: written.literals } } : undefined),
    [launched, project, domain, options, written],
  );
  const found = serverProblems(useCheck(launch, inputs !== undefined && wrongOptions.size === 0), written.problems);
  const problems = new Map<string, readonly Problem[]>([...found.inputs, ...written.problems]);
  const optionMessages = new Map([...found.options, ...wrongOptions]);

  const send = (what: Launch) => (isRerun ? rerunExecution({ ...rerunOf(source, what, inputs ?? []), overwrite_cache: options.overwriteCache }) : launchExecution(what));
  const { go, isBusy, error } = useGo(launch, send, () => {
    // What is still on its way would be left out.
    if (uploads > 0) return false;
    setComplete(true);
    if (wrongOptions.size > 0) setOptionsOpen(true);
    if (written.problems.size === 0 && wrongOptions.size === 0) return true;
    focusFirst(form.current);
    return false;
  }, (isOfOptions) => {
    if (isOfOptions) setOptionsOpen(true);
    focusFirst(form.current);
  });
  useShortcuts("launch", { go: () => void go() });

  const title = `${isRerun ? "Rerun" : source ? "Launch again:" : "Launch"} ${printable(shortName(wanted.name), 80)}`;
  return (
    <Page title={title} heading={<Heading title={title} wanted={wanted} description={target.description} source={source} />}>
      <form
        ref={form}
        noValidate
        aria-label="Launch"
        className="flex min-h-0 flex-1 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <div className="min-h-0 flex-1 overflow-auto">
          <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 p-4">
            <Which wanted={wanted} target={target} />
            {isRerun && <RerunNote source={source.execution.id?.name ?? ""} fromNodes={source.start.from_nodes} target={id} />}
            {target.error ? (
              <Failure error={target.error} onRetry={target.retry} title="What is to be launched could not be read" />
            ) : inputs ? (
              <Section title="Inputs" extra={<Required inputs={inputs} />}>
                {inputs.length === 0 && <None>It takes no inputs.</None>}
                <InputFields
                  inputs={inputs}
                  typed={typed}
                  onChange={(name, value) => setEdited((old) => new Map(old).set(name, value))}
                  problems={problems}
                  isComplete={isComplete}
                  tools={tools}
                />
              </Section>
            ) : (
              <Skeleton lines={5} />
            )}
            <OptionFields options={options} onChange={setOptions} problems={optionMessages} isOpen={areOptionsOpen} onOpen={setOptionsOpen} isRerun={isRerun} />
          </div>
        </div>
        <LaunchBar
          wrong={wrongInputs(problems, isComplete) + optionMessages.size}
          error={error || found.other}
          words={isRerun ? undefined : id && inputs && wordsOf(server, wanted, id, inputs, written, options)}
          isWhole={written.problems.size === 0}
          uploads={uploads}
          action={isRerun ? "Rerun" : "Launch"}
          isReady={launch !== undefined && inputs !== undefined && !isBusy && uploads === 0}
        />
      </form>
      {dialog}
    </Page>
  );
}

/** Launches once nothing stands in the way, as far as this page and the server can tell beforehand. */
function useGo(launch: Launch | undefined, send: (launch: Launch) => Promise<ExecutionId>, isRight: () => boolean, onRefused: (isOfOptions: boolean) => void) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const go = useCallback(async () => {
    setError("");
    if (!launch || isBusy || !isRight()) return;
    setBusy(true);
    try {
      const refused = await client.fetchQuery({ ...checkQuery(launch), staleTime: 0 });
      if (refused.length > 0) {
        onRefused(refused.some((problem) => !problem.field?.startsWith("inputs.")));
        return;
      }
      const id = await send(launch);
      say(`Launched ${id.name ?? ""}`);
      await navigate({ to: "/executions/$project/$domain/$name", params: { project: id.project ?? "", domain: id.domain ?? "", name: id.name ?? "" } });
    } catch (failure) {
      setError(messageOf(failure));
    } finally {
      setBusy(false);
    }
  }, [launch, isBusy, send, isRight, onRefused, client, navigate]);
  return { go, isBusy, error };
}

/** A rerun keeps what its source was given unless it is said: what was emptied is given its default. */
function rerunOf(source: Source, { name, spec, inputs }: Launch, known: readonly Input[]): Rerun {
  const literals = { ...inputs.literals };
  for (const input of known) {
    if (input.default && !input.fixed && !Object.hasOwn(literals, input.name) && Object.hasOwn(source.inputs, input.name)) literals[input.name] = input.default;
  }
  return { id: source.execution.id ?? {}, name, ...source.start, launch_plan: spec.launch_plan, inputs: { literals } };
}

function Which({ wanted, target }: { wanted: Wanted; target: Target }) {
  const navigate = route.useNavigate();
  const { versions } = target;
  return (
    <VersionFields
      versions={versions.list}
      version={target.version}
      activeVersion={target.activeVersion}
      onVersion={(version) => void navigate({ search: (old) => ({ ...old, version }), replace: true })}
      onMore={versions.hasNextPage ? () => void versions.fetchNextPage() : undefined}
      ownPlan={wanted.kind === "workflow" ? wanted.name : undefined}
      plans={target.plans}
      plan={wanted.plan}
      onPlan={(plan) => void navigate({ search: (old) => ({ ...old, plan }), replace: true })}
    />
  );
}

function Required({ inputs }: { inputs: readonly Input[] }) {
  const required = inputs.filter((input) => input.isRequired).length;
  return required > 0 && <span className="text-xs text-ink-2">{required} required</span>;
}

/** What the execution to be launched again was given, and what has been typed since. */
function whatWasTyped(source: Source | undefined, inputs: readonly Input[] | undefined, edited: ReadonlyMap<string, Value | undefined>): Map<string, Value> {
  const made = source && inputs ? typedOf(inputs, source.inputs) : new Map<string, Value>();
  for (const [name, value] of edited) {
    if (value) made.set(name, value);
    else made.delete(name);
  }
  return made;
}

function wrongInputs(problems: ReadonlyMap<string, readonly Problem[]>, isComplete: boolean): number {
  return [...problems.values()].filter((each) => each.some((problem) => isComplete || !problem.isMissing)).length;
}

function Heading({ title, wanted, description, source }: { title: string; wanted: Wanted; description: string; source: Source | undefined }) {
  return (
    <>
      <h1 className="text-base font-semibold">{title}</h1>
      <p className="truncate text-xs text-ink-2">
        <span className="font-mono">{printable(wanted.name, 200)}</span>
        {source ? ` · with what ${printable(source.execution.id?.name, 80)} was given` : description ? ` · ${printable(description, 300)}` : ""}
      </p>
    </>
  );
}

/** After the next paint, when messages stand where they belong. */
function focusFirst(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => {
    const alert = form?.querySelector('[role="alert"]');
    const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? alert?.parentElement?.querySelector<HTMLElement>("input,select,textarea,button");
    field?.focus();
    field?.scrollIntoView({ block: "center" });
  });
}
