import { Field, Select } from "@/components/ui/Field";
import type { Version } from "@/idl";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { ms, relative } from "@/lib/time";
import { useNow } from "@/lib/useNow";

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
  const now = useNow(60_000);
  const isListed = versions.some((each) => each.id?.version === version);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="Version" note={version && version === activeVersion ? "active" : version === versions[0]?.id?.version ? "latest" : ""}>
        {(tied) => (
          <Select {...tied} value={version} onChange={(event) => (event.target.value === MORE ? onMore?.() : onVersion(event.target.value))}>
            {!isListed && <option value={version}>{printable(version, 80)}</option>}
            {versions.map((each) => (
              <option key={each.id?.version} value={each.id?.version}>
                {printable(each.id?.version, 80)} · {relative(ms(each.created_at), Math.max(now, ms(each.created_at)))}
                {each.is_active ? " · active" : ""}
                {each.source?.commit ? ` · ${printable(each.source.commit.slice(0, 8), 8)}` : ""}
              </option>
            ))}
            {onMore && <option value={MORE}>Older versions…</option>}
          </Select>
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

/** No version has a control character in its name. */
const MORE = "\u0000more";
