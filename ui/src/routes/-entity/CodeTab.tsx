import { useQuery } from "@tanstack/react-query";
import { fileQuery, filesQuery } from "@/api/code/queries";
import type { EntityKind } from "@/api/entity/queries";
import type { CodeFile } from "@/compare/version/files";
import { FileList } from "@/components/entity/FileList";
import { FileText } from "@/components/entity/FileText";
import { Copy } from "@/components/ui/Copy";
import { Remark } from "@/components/ui/Phase";
import { Empty, Failure, None, Skeleton } from "@/components/ui/State";
import type { Identifier } from "@/idl";
import { fileOf, functionNamed, functionOf, type PythonFunction } from "@/lib/codeOf";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { useVersion, type Loaded } from "./useVersion";

/** The code that one version runs: its files, and the text of one of them, at first the one in which it is written. */
export function CodeTab({ kind, id, file }: { kind: EntityKind; id: Identifier; file: string | undefined }) {
  const files = useQuery(filesQuery(id));
  const version = useVersion(kind, id);
  if (files.isError) return <Failure error={files.error} onRetry={() => void files.refetch()} title="The code could not be read" />;
  if (version.error) return <Failure error={version.error} onRetry={version.retry} title="This version could not be read" />;
  if (!files.data || !version.data) return <Skeleton />;
  const listed = files.data.files ?? [];
  if (listed.length === 0 && !files.data.uri) return <Empty title="This version brings no code of its own">Its tasks run what is installed in their image.</Empty>;
  if (listed.length === 0) return <Empty title="The code of this version has no files" />;
  const own = ownOf(kind, version.data, listed);
  const first = listed.find((each) => each.path === own?.path);
  const isTruncated = files.data.is_truncated ?? false;
  const open = file ?? first?.path ?? listed[0]?.path ?? "";
  const place = { project: id.project ?? "", domain: id.domain ?? "" };
  const sorted = first ? [first, ...listed.filter((each) => each !== first)] : listed;
  return (
    <div className="flex h-full min-h-0 flex-col md:flex-row">
      <FileList kind={kind} place={place} name={id.name ?? ""} version={id.version ?? ""} files={sorted} open={open} isTruncated={isTruncated} />
      <section aria-label={printable(open, 300)} className="flex min-h-0 min-w-0 flex-1 flex-col">
        <OpenFile key={open} id={id} path={open} listed={listed.find((each) => each.path === open)} isTruncated={isTruncated} sought={open === own?.path ? own.name : undefined} />
      </section>
    </div>
  );
}

function OpenFile({ id, path, listed, isTruncated, sought }: { id: Identifier; path: string; listed: CodeFile | undefined; isTruncated: boolean; sought: string | undefined }) {
  // Of a list that goes on elsewhere nobody can say here that a file is not in it.
  const isThere = listed !== undefined || isTruncated;
  const { data, isError, error, refetch } = useQuery({ ...fileQuery(id, path), enabled: isThere && !listed?.link });
  if (!isThere)
    return (
      <Empty title="There is no such file in this version">
        <span className="font-mono break-all">{printable(path, 300)}</span> may be in another one: choose a file of this version, or another version.
      </Empty>
    );
  if (listed?.link) return <None>{`A link to ${printable(listed.link, 300)}`}</None>;
  if (isError) return <Failure error={error} onRetry={() => void refetch()} title="This file could not be read" />;
  if (!data) return <Skeleton lines={8} />;
  const size = sizeInWords(Number(data.size ?? 0));
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-3 py-1">
        <h2 className="min-w-0 truncate font-mono text-xs" title={printable(path, 500)}>
          {printable(path, 300)}
        </h2>
        <span className="text-xs whitespace-nowrap text-ink-2">{size}</span>
        {listed?.is_executable && <span className="text-xs text-ink-2">executable</span>}
        {!data.is_binary && data.is_truncated && <Remark tone="warn">only the first MiB is shown</Remark>}
        <span className="ml-auto">{data.text && <Copy text={data.text} label="Copy the text" />}</span>
      </div>
      {data.is_binary ? (
        <None>{`Not text: ${size}`}</None>
      ) : data.text ? (
        <FileText text={data.text} label={`Lines of ${printable(path, 100)}`} sought={sought} />
      ) : (
        <None>This file is empty.</None>
      )}
    </>
  );
}

/** Where the version is written: the function of a task by its command, that of a workflow by its name, else the module of its tasks. */
function ownOf(kind: EntityKind, { id, plan, tasks }: Loaded, files: readonly CodeFile[]): { path: string; name: string } | undefined {
  const paths = files.map((each) => each.path ?? "");
  const named = functionNamed((kind === "LAUNCH_PLAN" ? plan?.spec?.workflow_id?.name : id.name) ?? "");
  const commanded = tasks.map(functionOf);
  const candidates: (PythonFunction | undefined)[] = kind === "TASK" ? [...commanded, named] : [named, ...commanded];
  for (const one of candidates) {
    const path = one && fileOf(one.module, paths);
    if (path !== undefined) return { path, name: (kind === "TASK" ? one : (named ?? one))?.name ?? "" };
  }
  return undefined;
}
