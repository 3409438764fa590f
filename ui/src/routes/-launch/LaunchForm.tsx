import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { uploadFile, uploadFolder } from "@/api/data/mutations";
import { launchExecution, type Launch } from "@/api/execution/mutations";
import { checkQuery } from "@/api/execution/queries";
import type { FormTools, Picked } from "@/components/form/context";
import { CopyAs } from "@/components/launch/CopyAs";
import { InputFields } from "@/components/launch/InputFields";
import { OptionFields } from "@/components/launch/OptionFields";
import { mapOf, NO_OPTIONS, optionProblems, optionsOf, specOf } from "@/components/launch/options";
import { VersionFields } from "@/components/launch/VersionFields";
import { Button } from "@/components/ui/Button";
import { Page, Section } from "@/components/ui/Page";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { say } from "@/components/ui/Toast";
import type { LiteralType } from "@/idl";
import { idText, shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { useShortcuts } from "@/lib/useShortcuts";
import { typedOf, writeInputs, type LaunchWords, type Problem, type Value } from "@/literal";
import type { Source } from "./LaunchPage";
import { OutputPicker } from "./OutputPicker";
import { serverProblems, useCheck } from "./useCheck";
import { useTarget, type Wanted } from "./useTarget";

const route = getRouteApi("/launch");

/** The form of one launch. What was typed stays while the version or the launch plan is changed, wherever it still fits. */
export function LaunchForm({ wanted, source }: { wanted: Wanted; source?: Source }) {
  const target = useTarget(wanted);
  const navigate = useNavigate();
  const client = useQueryClient();
  const setSearch = route.useNavigate();
  const [edited, setEdited] = useState<ReadonlyMap<string, Value | undefined>>(new Map());
  const [options, setOptions] = useState(() => (source ? optionsOf(source.execution.spec) : NO_OPTIONS));
  const [areOptionsOpen, setOptionsOpen] = useState(false);
  const [isComplete, setComplete] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [picking, setPicking] = useState<{ type: LiteralType; done: (picked: Picked | undefined) => void }>();
  const form = useRef<HTMLFormElement>(null);

  const { inputs } = target;
  const typed = useMemo(() => {
    const made = source && inputs ? typedOf(inputs, source.inputs) : new Map<string, Value>();
    for (const [name, value] of edited) {
      if (value) made.set(name, value);
      else made.delete(name);
    }
    return made;
  }, [source, inputs, edited]);
  const written = useMemo(() => writeInputs(inputs ?? [], typed), [inputs, typed]);
  const launch = useMemo<Launch | undefined>(
    () => target.id && { project: wanted.project, domain: wanted.domain, name: options.name, spec: { launch_plan: target.id, ...specOf(options) }, inputs: { literals: written.literals } },
    // The id is made anew with each reading; what it says is what counts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [idText(target.id), target.id?.version, wanted.project, wanted.domain, options, written],
  );
  const ownOptionProblems = useMemo(() => optionProblems(options), [options]);
  const check = useCheck(launch, inputs !== undefined && ownOptionProblems.size === 0);
  const found = serverProblems(check, written.problems);
  const problems = new Map<string, readonly Problem[]>([...found.inputs, ...written.problems]);
  const allOptionProblems = new Map([...found.options, ...ownOptionProblems]);

  const tools = useMemo<FormTools>(
    () => ({
      upload: (files, isFolder, onProgress, signal) => {
        const [first] = files;
        if (isFolder || !first) {
          // The picker names the folder itself first, which is no part of the paths within it.
          return uploadFolder(wanted, files.map((file) => ({ file, path: file.webkitRelativePath.split("/").slice(1).join("/") || file.name })), onProgress, signal);
        }
        return uploadFile(wanted, first, onProgress, signal);
      },
      pickOutput: (type) => new Promise((done) => setPicking({ type, done })),
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only where uploads go
    [wanted.project, wanted.domain],
  );

  const go = useCallback(async () => {
    if (!launch || isBusy) return;
    setComplete(true);
    setError("");
    if (ownOptionProblems.size > 0) setOptionsOpen(true);
    if (written.problems.size > 0 || ownOptionProblems.size > 0) {
      focusFirst(form.current);
      return;
    }
    setBusy(true);
    try {
      const refused = await client.fetchQuery({ ...checkQuery(launch), staleTime: 0 });
      if (refused.length > 0) {
        if (refused.some((problem) => !problem.field?.startsWith("inputs."))) setOptionsOpen(true);
        focusFirst(form.current);
        return;
      }
      const id = await launchExecution(launch);
      say(`Launched ${id.name ?? ""}`);
      await navigate({ to: "/executions/$project/$domain/$name", params: { project: id.project ?? "", domain: id.domain ?? "", name: id.name ?? "" } });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  }, [launch, isBusy, ownOptionProblems, written.problems, client, navigate]);
  useShortcuts({ "mod+Enter": () => void go() });

  const words = wordsOf();
  const title = `${source ? "Launch again:" : "Launch"} ${printable(shortName(wanted.name), 80)}`;
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
            <VersionFields
              versions={target.versions.list}
              version={target.version}
              activeVersion={target.activeVersion}
              onVersion={(version) => void setSearch({ search: (old) => ({ ...old, version }), replace: true })}
              onMore={target.versions.hasNextPage ? () => void target.versions.fetchNextPage() : undefined}
              ownPlan={wanted.kind === "workflow" ? wanted.name : undefined}
              plans={target.plans}
              plan={wanted.plan}
              onPlan={(plan) => void setSearch({ search: (old) => ({ ...old, plan }), replace: true })}
            />
            {target.error ? (
              <Failure error={target.error} onRetry={target.retry} title="What is to be launched could not be read" />
            ) : inputs ? (
              <Section title="Inputs" extra={<span className="text-xs text-ink-2">{inputs.some((each) => each.isRequired) && `${inputs.filter((each) => each.isRequired).length} required`}</span>}>
                {inputs.length === 0 && <None>It takes no inputs.</None>}
                <InputFields inputs={inputs} typed={typed} onChange={(name, value) => setEdited((old) => new Map(old).set(name, value))} problems={problems} isComplete={isComplete} tools={tools} />
              </Section>
            ) : (
              <Skeleton lines={5} />
            )}
            <OptionFields options={options} onChange={setOptions} problems={allOptionProblems} isOpen={areOptionsOpen} onOpen={setOptionsOpen} />
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2 border-t border-line bg-ground-2 px-4 py-2">
          <div className="min-w-0 flex-1 text-sm">
            <State count={count(problems, isComplete) + allOptionProblems.size} error={error || found.other} />
          </div>
          {words && <CopyAs words={words} isWhole={written.problems.size === 0} />}
          <Button type="submit" look="primary" disabled={!launch || isBusy || !inputs} icon={<Play aria-hidden className="size-4" />}>
            Launch
            <kbd className="ml-1 hidden font-sans text-xs sm:inline">⌘↵</kbd>
          </Button>
        </div>
      </form>
      {picking && (
        <OutputPicker
          place={wanted}
          type={picking.type}
          onDone={(picked) => {
            picking.done(picked);
            setPicking(undefined);
          }}
        />
      )}
    </Page>
  );

  function wordsOf(): LaunchWords | undefined {
    if (!target.id || !inputs) return undefined;
    const said = inputs.flatMap((input) => {
      const literal = written.literals[input.name];
      return literal ? [{ name: input.name, type: input.type, literal }] : [];
    });
    return {
      project: wanted.project,
      domain: wanted.domain,
      target: target.id.name ?? "",
      version: target.id.version ?? "",
      inputs: said,
      name: options.name,
      overwriteCache: options.overwriteCache,
      labels: mapOf(options.labels),
      annotations: mapOf(options.annotations),
      env: mapOf(options.env),
      maxParallelism: Number(options.maxParallelism) || 0,
      interruptible: options.interruptible ? options.interruptible === "true" : undefined,
      outputs: options.outputs,
    };
  }
}

function count(problems: ReadonlyMap<string, readonly Problem[]>, isComplete: boolean): number {
  return [...problems.values()].filter((each) => each.some((problem) => isComplete || !problem.isMissing)).length;
}

function State({ count: wrong, error }: { count: number; error: string }) {
  if (error) return <p role="alert" className="break-words whitespace-pre-wrap text-bad">{printable(error)}</p>;
  return wrong > 0 ? <p className="text-bad">{wrong === 1 ? "One field needs a look" : `${wrong} fields need a look`}</p> : null;
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
