import type { InfiniteData, QueryKey, UseInfiniteQueryResult } from "@tanstack/react-query";
import { GitCompareArrows } from "lucide-react";
import { useState } from "react";
import type { EntityKind } from "@/api/entity/queries";
import { VERSIONS } from "@/api/entity/pages";
import { VersionTable } from "@/components/entity/VersionTable";
import { Button } from "@/components/ui/Button";
import { Endless } from "@/components/ui/Endless";
import type { Alula, Place } from "@/idl";
import { useView } from "../-entities/useView";

/** Versions with what can be done with one of them, or with two. */
export function VersionsTab({ kind, place, name, query, queryKey, looked, onLook, onCompare, onActivate, onFollow, followed }: {
  kind: EntityKind;
  place: Place;
  name: string;
  query: UseInfiniteQueryResult<InfiniteData<Alula<"VersionPage">>>;
  queryKey: QueryKey;
  looked?: string;
  onLook: (version: string) => void;
  onCompare: (older: string, newer: string) => void;
  followed: string | undefined;
  onActivate?: (version: string) => Promise<unknown>;
  onFollow?: (active: string) => Promise<unknown>;
}) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const versions = query.data?.pages.flatMap((page) => page.versions ?? []) ?? [];
  const table = useView(VERSIONS, queryKey, versions.length);
  const compare = () => {
    // The list has the newest first, whichever was ticked first.
    const [newer, older] = versions.map((each) => each.id?.version ?? "").filter((each) => chosen.includes(each));
    if (newer !== undefined && older !== undefined) onCompare(older, newer);
  };
  const [first, second] = versions;
  return (
    <>
      <div className="flex items-center gap-3 px-3 py-2">
        <Button size="small" disabled={chosen.length !== 2} icon={<GitCompareArrows aria-hidden className="size-3.5" />} onClick={compare}>
          Compare the two
        </Button>
        <span className="hidden text-xs text-ink-2 sm:inline">{chosen.length === 2 ? "" : chosen.length === 1 ? "Choose one more" : "Choose two versions to see what differs"}</span>
        {first && second && chosen.length === 0 && (
          <Button size="small" look="quiet" className="ml-auto" onClick={() => onCompare(second.id?.version ?? "", first.id?.version ?? "")}>
            What changed last
          </Button>
        )}
      </div>
      <div ref={table}>
        <VersionTable
          kind={kind}
          place={place}
          name={name}
          versions={versions}
          chosen={chosen}
          onChoose={(version, isChosen) => setChosen(isChosen ? [...chosen, version] : chosen.filter((each) => each !== version))}
          looked={looked}
          onLook={onLook}
          followed={followed}
          onActivate={onActivate}
          onFollow={onFollow}
        />
      </div>
      <Endless hasMore={query.hasNextPage} isReading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
    </>
  );
}
