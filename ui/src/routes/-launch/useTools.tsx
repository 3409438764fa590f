import { useMemo, useState, type ReactNode } from "react";
import { uploadFile, uploadFolder } from "@/api/data/mutations";
import type { FormTools, Picked } from "@/components/form/context";
import type { LiteralType, Place } from "@/idl";
import { OutputPicker } from "./OutputPicker";

/** What the form's fields need of the server, and the dialog that one of them may have opened. */
export function useTools({ project, domain }: Place): { tools: FormTools; dialog: ReactNode } {
  const [picking, setPicking] = useState<{ type: LiteralType; done: (picked: Picked | undefined) => void }>();
  const tools = useMemo<FormTools>(
    () => ({
      upload: (files, isFolder, onProgress, signal) => {
        const [first] = files;
        if (first && !isFolder) return uploadFile({ project, domain }, first, onProgress, signal);
        return uploadFolder({ project, domain }, files.map((file) => ({ file, path: pathInside(file) })), onProgress, signal);
      },
      pickOutput: (type) => new Promise((done) => setPicking({ type, done })),
    }),
    [project, domain],
  );
  const dialog = picking && (
    <OutputPicker
      place={{ project, domain }}
      type={picking.type}
      onDone={(picked) => {
        picking.done(picked);
        setPicking(undefined);
      }}
    />
  );
  return { tools, dialog };
}

/** The picker names the folder itself first, which is no part of the paths within it. */
function pathInside(file: File): string {
  return file.webkitRelativePath.split("/").slice(1).join("/") || file.name;
}
