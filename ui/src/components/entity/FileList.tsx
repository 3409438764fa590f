import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { useState } from "react";
import type { EntityKind } from "@/api/entity/queries";
import type { CodeFile } from "@/compare/version/files";
import { Button } from "@/components/ui/Button";
import { SearchField } from "@/components/ui/SearchInput";
import type { Place } from "@/idl";
import { ENTITY } from "@/lib/entity";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";

const SHOWN_AT_FIRST = 200;
const SEARCHED_FROM = 15;

export interface FileListProps {
  kind: EntityKind;
  place: Place;
  name: string;
  version: string;
  /** In their order. */
  files: readonly CodeFile[];
  /** Path of the one that is open. */
  open: string | undefined;
  /** There are more than these. */
  isTruncated: boolean;
}

/** The files of a version, each a link to its text; those of a large tree are searched. */
export function FileList({ kind, place, name, version, files, open, isTruncated }: FileListProps) {
  const [text, setText] = useState("");
  const [limit, setLimit] = useState(SHOWN_AT_FIRST);
  const found = text ? files.filter((file) => file.path?.toLowerCase().includes(text.toLowerCase())) : files;
  return (
    <nav aria-label="Files" className="flex max-h-44 shrink-0 flex-col overflow-auto border-b border-line md:max-h-none md:w-64 md:border-r md:border-b-0">
      {files.length > SEARCHED_FROM && (
        <div className="sticky top-0 flex flex-col border-b border-line bg-ground p-2">
          <SearchField label="Find a file" value={text} onChange={setText} />
        </div>
      )}
      <ul className="py-1">
        {found.slice(0, limit).map((file) => (
          <li key={file.path}>
            <Link
              to={ENTITY[kind].page}
              params={{ ...place, name }}
              search={{ tab: "code", version, file: file.path }}
              aria-current={file.path === open ? "page" : undefined}
              className={clsx("flex items-center gap-2 px-3 py-1 hover:bg-ground-2", file.path === open && "bg-ground-3")}
              title={printable(file.path, 500)}
            >
              <Path path={printable(file.path, 500)} />
              <span className="ml-auto text-xs whitespace-nowrap text-ink-2">{file.link ? "link" : sizeInWords(Number(file.size ?? 0))}</span>
            </Link>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-3 py-1 text-sm text-ink-2">No file has “{printable(text, 100)}” in its path.</p>}
      {found.length > limit && (
        <Button size="small" className="m-2 self-center" onClick={() => setLimit(limit * 4)}>
          {found.length - limit} more files
        </Button>
      )}
      {isTruncated && <p className="px-3 pb-2 text-xs text-ink-2">There are more files than are listed.</p>}
    </nav>
  );
}

/** The name stays in sight where the folder is cut. */
function Path({ path }: { path: string }) {
  const at = path.lastIndexOf("/") + 1;
  return (
    <span className="flex min-w-0 font-mono text-xs">
      <span className="min-w-0 truncate text-ink-2">{path.slice(0, at)}</span>
      <span className="max-w-full shrink-0 truncate">{path.slice(at)}</span>
    </span>
  );
}
