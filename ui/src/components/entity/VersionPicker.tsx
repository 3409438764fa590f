import { Select } from "@/components/ui/Field";
import type { Version } from "@/idl";
import { printable } from "@/lib/printable";

/** Which version is looked at. */
export function VersionPicker({ versions, version, onChange }: { versions: readonly Version[]; version: string; onChange: (version: string) => void }) {
  const isListed = versions.some((each) => each.id?.version === version);
  return (
    <Select aria-label="Version" className="!h-7 !w-auto max-w-56 font-mono !text-xs" value={version} onChange={(event) => onChange(event.target.value)}>
      {!isListed && <option value={version}>{printable(version, 60)}</option>}
      {versions.map((each) => (
        <option key={each.id?.version} value={each.id?.version}>
          {printable(each.id?.version, 60)}
          {each.is_active ? " (active)" : ""}
        </option>
      ))}
    </Select>
  );
}
