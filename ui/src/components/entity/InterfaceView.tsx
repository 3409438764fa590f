import type { Input } from "@/literal";
import type { TypedInterface, Variable } from "@/idl";
import { literalLine } from "@/compare/version/signature";
import { Section } from "@/components/ui/Page";
import { None } from "@/components/ui/State";
import { printable } from "@/lib/printable";
import { typeWords } from "@/literal";

/** Inputs with their types, docs and defaults; outputs with their types. */
export function InterfaceView({ of, inputs }: { of: TypedInterface | undefined; inputs?: readonly Input[] }) {
  const given = new Map((inputs ?? []).map((input) => [input.name, input]));
  const variables = Object.entries(of?.inputs?.variables ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const outputs = Object.entries(of?.outputs?.variables ?? {}).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  return (
    <div className="flex flex-col gap-4">
      <Section title="Inputs">{variables.length === 0 ? <None>None</None> : <Variables rows={variables} given={given} />}</Section>
      <Section title="Outputs">{outputs.length === 0 ? <None>None</None> : <Variables rows={outputs} />}</Section>
    </div>
  );
}

function Variables({ rows, given }: { rows: readonly (readonly [string, Variable])[]; given?: ReadonlyMap<string, Input> }) {
  return (
    <ul className="divide-y divide-line">
      {rows.map(([name, variable]) => {
        const said = remark(given?.get(name), variable);
        return (
          <li key={name} className="grid gap-x-4 px-4 py-2 sm:grid-cols-[minmax(8rem,14rem)_minmax(0,1fr)]">
            <span className="min-w-0 font-medium break-words">{printable(name, 200)}</span>
            <span className="min-w-0">
              <span className="font-mono text-xs break-words">{printable(typeWords(variable.type), 500)}</span>
              {said && <span className="ml-2 text-xs break-words text-ink-2">{said}</span>}
              {variable.description && <span className="block text-sm text-ink-2">{printable(variable.description)}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function remark(input: Input | undefined, variable: Variable): string {
  if (!input) return "";
  if (input.fixed) return `fixed: ${printable(literalLine(input.fixed, variable.type), 200)}`;
  if (input.default) return `default: ${printable(literalLine(input.default, variable.type), 200)}`;
  return input.isRequired ? "required" : "optional";
}
