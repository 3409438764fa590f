import type { Alula } from "@/idl";

export type CodeFile = Alula<"CodeFile">;

export interface FileChange {
  path: string;
  status: "added" | "removed" | "changed";
  before?: CodeFile;
  after?: CodeFile;
}

/** Files that differ between two trees, by path, and how many are the same. A bundle's files have no digest: those are told by size alone. */
export function fileChanges(before: readonly CodeFile[], after: readonly CodeFile[]): { changes: FileChange[]; same: number; areSizesOnly: boolean } {
  const named = (files: readonly CodeFile[]) => new Map(files.map((file) => [file.path ?? "", file]));
  const [was, is] = [named(before), named(after)];
  const changes: FileChange[] = [];
  let same = 0;
  let areSizesOnly = false;
  for (const path of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const [old, now] = [was.get(path), is.get(path)];
    if (old && now && !(old.digest && now.digest) && !old.link) areSizesOnly = true;
    if (old && now && isSame(old, now)) same++;
    else changes.push({ path, status: !old ? "added" : !now ? "removed" : "changed", before: old, after: now });
  }
  return { changes, same, areSizesOnly };
}

function isSame(old: CodeFile, now: CodeFile): boolean {
  const isContent = old.digest && now.digest ? old.digest === now.digest : old.size === now.size;
  return isContent && (old.link ?? "") === (now.link ?? "") && (old.is_executable ?? false) === (now.is_executable ?? false);
}
