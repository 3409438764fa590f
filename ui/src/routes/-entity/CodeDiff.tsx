import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { filesQuery, fileQuery } from "@/api/code/queries";
import { ChangeSection, StatusMark } from "@/components/diff/Changes";
import { FileDiff } from "@/components/diff/FileDiff";
import { Button } from "@/components/ui/Button";
import { Failure, None, Skeleton } from "@/components/ui/State";
import { fileChanges, type FileChange } from "@/compare/version/files";
import type { Identifier } from "@/idl";
import { isFlag, keep, recall } from "@/lib/storage";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { useIsNarrow } from "@/lib/useIsNarrow";

const OPEN_AT_FIRST = 5;
const SHOWN_AT_FIRST = 100;

/** The files that two versions run, and the lines in which they differ. */
export function CodeDiff({ before, after }: { before: Identifier; after: Identifier }) {
  const was = useQuery(filesQuery(before));
  const is = useQuery(filesQuery(after));
  const [isSplit, setSplit] = useState(() => recall("diff.split", false, isFlag));
  const [limit, setLimit] = useState(SHOWN_AT_FIRST);
  const isNarrow = useIsNarrow();
  const failed = [was, is].find((query) => query.isError);
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} title="The code could not be read" />;
  if (!was.data || !is.data) return <Skeleton lines={4} />;
  const { changes, same, areSizesOnly } = fileChanges(was.data.files ?? [], is.data.files ?? []);
  if ((was.data.files ?? []).length + (is.data.files ?? []).length === 0) {
    return (
      <ChangeSection title="Code" isEqual={false}>
        <None>Neither version brings code of its own.</None>
      </ChangeSection>
    );
  }
  return (
    <ChangeSection title="Code" isEqual={changes.length === 0} count={changes.length}>
      <div className="flex flex-wrap items-center gap-3 text-xs text-ink-2">
        <span>
          {changes.length} of {changes.length + same} files differ
          {areSizesOnly && "; one version has no digests of its files, so a file of the same size is taken for the same"}
          {(was.data.is_truncated || is.data.is_truncated) && "; there are more files than are listed"}
        </span>
        {!isNarrow && (
          <Button
            size="small"
            className="ml-auto"
            onClick={() => {
              keep("diff.split", !isSplit);
              setSplit(!isSplit);
            }}
          >
            {isSplit ? "One under the other" : "Side by side"}
          </Button>
        )}
      </div>
      {changes.slice(0, limit).map((change, at) => (
        <File key={change.path} change={change} before={before} after={after} isSplit={isSplit && !isNarrow} isOpenAtFirst={at < OPEN_AT_FIRST} />
      ))}
      {changes.length > limit && (
        <Button size="small" className="self-center" onClick={() => setLimit(limit * 4)}>
          {changes.length - limit} more files
        </Button>
      )}
    </ChangeSection>
  );
}

function File({ change, before, after, isSplit, isOpenAtFirst }: { change: FileChange; before: Identifier; after: Identifier; isSplit: boolean; isOpenAtFirst: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const path = printable(change.path, 300);
  return (
    <section aria-label={path} className="overflow-hidden rounded-md border border-line">
      <h3>
        <button type="button" aria-expanded={isOpen} className="flex w-full items-center gap-2 bg-ground-2 px-3 py-1.5 text-left" onClick={() => setOpen(!isOpen)}>
          <ChevronRight aria-hidden className={`size-4 shrink-0 text-ink-3 transition-transform ${isOpen ? "rotate-90" : ""}`} />
          <span className="min-w-0 truncate font-mono text-xs">{path}</span>
          <span className="ml-auto">
            <StatusMark status={change.status} />
          </span>
        </button>
      </h3>
      {isOpen && <Content change={change} before={before} after={after} isSplit={isSplit} />}
    </section>
  );
}

function Content({ change, before, after, isSplit }: { change: FileChange; before: Identifier; after: Identifier; isSplit: boolean }) {
  const isLink = Boolean(change.before?.link || change.after?.link);
  const was = useQuery({ ...fileQuery(before, change.path), enabled: change.before !== undefined && !isLink });
  const is = useQuery({ ...fileQuery(after, change.path), enabled: change.after !== undefined && !isLink });
  if (isLink) return <None>{`A link: ${printable(change.before?.link, 200) || "none"} → ${printable(change.after?.link, 200) || "none"}`}</None>;
  const failed = [was, is].find((query) => query.isError);
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if ((change.before && !was.data) || (change.after && !is.data)) return <Skeleton lines={3} />;
  if (was.data?.is_binary || is.data?.is_binary) return <None>{`Not text: ${sizeInWords(Number(change.before?.size ?? 0))} → ${sizeInWords(Number(change.after?.size ?? 0))}`}</None>;
  const isCut = was.data?.is_truncated || is.data?.is_truncated;
  return (
    <>
      {isCut && <None>Only the first MiB is compared.</None>}
      {was.data?.text === is.data?.text && change.status === "changed" && <None>The text is the same; who may run the file differs.</None>}
      <FileDiff before={was.data?.text ?? ""} after={is.data?.text ?? ""} isSplit={isSplit} label={`Lines of ${printable(change.path, 100)}`} />
    </>
  );
}
