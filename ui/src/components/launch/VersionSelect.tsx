import { Select } from "@/components/ui/Field";
import type { Version } from "@/idl";
import { printable } from "@/lib/printable";
import { ms, relative } from "@/lib/time";
import { useNow } from "@/lib/useNow";

/** A choice among versions, newest first, each with its age, its commit and what else is said of it. */
export function VersionSelect({ tied, versions, version, onVersion, onMore, marks }: {
  tied: { id: string };
  versions: readonly Version[];
  version: string;
  onVersion: (version: string) => void;
  /** Reads older ones; undefined: there are none. */
  onMore?: () => void;
  marks: (version: Version) => readonly string[];
}) {
  const now = useNow(60_000);
  const isListed = versions.some((each) => each.id?.version === version);
  return (
    <Select {...tied} value={version} onChange={(event) => (event.target.value === MORE ? onMore?.() : onVersion(event.target.value))}>
      {!isListed && <option value={version}>{printable(version, 80)}</option>}
      {versions.map((each) => (
        <option key={each.id?.version} value={each.id?.version}>
          {[printable(each.id?.version, 80), relative(ms(each.created_at), Math.max(now, ms(each.created_at))), ...marks(each), printable(each.source?.commit?.slice(0, 8), 8)].filter(Boolean).join(" · ")}
        </option>
      ))}
      {onMore && <option value={MORE}>Older versions…</option>}
    </Select>
  );
}

/** No version has a control character in its name. */
const MORE = "\u0000more";
