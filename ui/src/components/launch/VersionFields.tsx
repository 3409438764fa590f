import { Field, Select } from "@/components/ui/Field";
import type { Version } from "@/idl";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { VersionSelect } from "./VersionSelect";

/** Which version, and by which launch plan. */
export function VersionFields({ versions, version, activeVersion, onVersion, onMore, ownPlan, plans, plan, onPlan }: {
  versions: readonly Version[];
  version: string;
  activeVersion: string;
  onVersion: (version: string) => void;
  onMore?: () => void;
  /** Name of the workflow's own launch plan; undefined: there is no choice of plans. */
  ownPlan: string | undefined;
  plans: readonly string[];
  plan: string | undefined;
  onPlan: (plan: string | undefined) => void;
}) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="Version" note={version && version === activeVersion ? "active" : version === versions[0]?.id?.version ? "latest" : ""}>
        {(tied) => (
          <VersionSelect tied={tied} versions={versions} version={version} onVersion={onVersion} onMore={onMore} marks={(each) => (each.is_active ? ["active"] : [])} />
        )}
      </Field>
      {ownPlan !== undefined && (
        <Field label="Launch plan">
          {(tied) => (
            <Select {...tied} value={plan ?? ""} disabled={plans.length === 0 && plan === undefined} onChange={(event) => onPlan(event.target.value || undefined)}>
              <option value="">Default ({printable(shortName(ownPlan), 60)})</option>
              {plan !== undefined && !plans.includes(plan) && <option value={plan}>{printable(plan, 80)}</option>}
              {plans.map((each) => (
                <option key={each} value={each}>
                  {printable(each, 80)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </div>
  );
}
