import { ChevronRight, Plus, X } from "lucide-react";
import { Button, IconButton } from "@/components/ui/Button";
import { Field, FieldGroup, Input, Select, Tick } from "@/components/ui/Field";
import { newKey } from "@/literal";
import { mapOf, type Options, type Pair } from "./options";

/** Everything a launch can say beside its inputs, and that the server honours. */
export function OptionFields({ options, onChange, problems, isOpen, onOpen, isRerun = false }: {
  options: Options;
  onChange: (options: Options) => void;
  problems: ReadonlyMap<string, string>;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  /** A rerun has all but two of them from the execution that it goes on with. */
  isRerun?: boolean;
}) {
  const set = (changes: Partial<Options>) => onChange({ ...options, ...changes });
  return (
    <section className="rounded-lg border border-line">
      <h2>
        <button type="button" aria-expanded={isOpen} className="flex w-full items-center gap-2 px-4 py-2 text-left text-sm font-semibold" onClick={() => onOpen(!isOpen)}>
          <ChevronRight aria-hidden className={`size-4 text-ink-3 transition-transform ${isOpen ? "rotate-90" : ""}`} />
          Options
          <span className="ml-auto truncate text-xs font-normal text-ink-2">{summary(options)}</span>
        </button>
      </h2>
      {isOpen && (
        <div className="grid gap-4 border-t border-line p-4 sm:grid-cols-2">
          <Field label="Name of the execution" hint="Left empty, the server makes one" error={problems.get("name")}>
            {(tied) => <Input {...tied} className="font-mono" value={options.name} onChange={(event) => set({ name: event.target.value })} />}
          </Field>
          {isRerun ? <p className="text-xs text-ink-2 sm:col-span-2">Labels, variables and other settings are those of the execution it goes on with.</p> : <OwnOptions options={options} set={set} problems={problems} />}
          <Tick className="sm:col-span-2" label="Compute anew and replace what is cached" checked={options.overwriteCache} onChange={(event) => set({ overwriteCache: event.target.checked })} />
        </div>
      )}
    </section>
  );
}

/** What a launch alone can say. */
function OwnOptions({ options, set, problems }: { options: Options; set: (changes: Partial<Options>) => void; problems: ReadonlyMap<string, string> }) {
  return (
    <>
      <Field label="Parallelism" hint="Nodes that run at a time; empty: as the launch plan says" error={problems.get("max_parallelism")}>
        {(tied) => <Input {...tied} inputMode="numeric" value={options.maxParallelism} onChange={(event) => set({ maxParallelism: event.target.value })} />}
      </Field>
      <Field label="Interruptible" hint="May run where machines are taken away">
        {(tied) => (
          <Select {...tied} value={options.interruptible} onChange={(event) => set({ interruptible: event.target.value as Options["interruptible"] })}>
            <option value="">As the launch plan and tasks say</option>
            <option value="true">Yes</option>
            <option value="false">No</option>
          </Select>
        )}
      </Field>
      <Field label="Where large values go" hint="A prefix in a store; empty: the server's own" error={problems.get("raw_output_data_config")}>
        {(tied) => <Input {...tied} className="font-mono !text-xs" placeholder="s3://bucket/prefix" value={options.outputs} onChange={(event) => set({ outputs: event.target.value })} />}
      </Field>
      <Pairs label="Labels" hint="To find executions by" pairs={options.labels} error={problems.get("labels")} onChange={(labels) => set({ labels })} />
      <Pairs label="Environment variables" hint="For every task of the execution" pairs={options.env} error={problems.get("envs")} onChange={(env) => set({ env })} />
      <Pairs label="Annotations" hint="Kept with the execution" pairs={options.annotations} error={problems.get("annotations")} onChange={(annotations) => set({ annotations })} />
    </>
  );
}

function summary(options: Options): string {
  const said = [
    options.name && `name ${options.name}`,
    many(options.labels, "label"),
    many(options.env, "variable"),
    many(options.annotations, "annotation"),
    options.maxParallelism && `parallelism ${options.maxParallelism}`,
    options.overwriteCache && "cache overwritten",
    options.interruptible && (options.interruptible === "true" ? "interruptible" : "not interruptible"),
  ];
  return said.filter(Boolean).join(", ");
}

function many(pairs: readonly Pair[], one: string): string {
  const { size } = mapOf(pairs);
  return size === 0 ? "" : `${size} ${one}${size === 1 ? "" : "s"}`;
}

function Pairs({ label, hint, pairs, error, onChange }: { label: string; hint: string; pairs: readonly Pair[]; error?: string; onChange: (pairs: readonly Pair[]) => void }) {
  const change = (key: number, changes: Partial<Pair>) => onChange(pairs.map((pair) => (pair.key === key ? { ...pair, ...changes } : pair)));
  const one = label.replace(/s$/, "").toLowerCase();
  return (
    <FieldGroup label={label} hint={hint} error={error} isPlain>
      {pairs.map((pair, at) => (
        <div key={pair.key} className="flex gap-1">
          <Input className="font-mono !text-xs" aria-label={`Name of ${one} ${at + 1}`} placeholder="name" value={pair.name} onChange={(event) => change(pair.key, { name: event.target.value })} />
          <Input className="font-mono !text-xs" aria-label={`Value of ${one} ${at + 1}`} placeholder="value" value={pair.value} onChange={(event) => change(pair.key, { value: event.target.value })} />
          <IconButton label={`Remove ${one} ${at + 1}`} onClick={() => onChange(pairs.filter((each) => each !== pair))}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      <Button size="small" className="self-start" icon={<Plus aria-hidden className="size-3.5" />} onClick={() => onChange([...pairs, { key: newKey(), name: "", value: "" }])}>
        Add {one}
      </Button>
    </FieldGroup>
  );
}
