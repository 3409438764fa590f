import { useMemo, useState, type ReactNode } from "react";
import { uploadFile, uploadFolder } from "@/api/data/mutations";
import type { FormTools, Picked } from "@/components/form/context";
import type { LiteralType, Place } from "@/idl";
import { OutputPicker } from "./OutputPicker";

/** What the form's fields need of the server, the dialog that one of them may have opened, and how many uploads go on. */
export function useTools({ project, domain }: Place): { tools: FormTools; dialog: ReactNode; uploads: number } {
  const [uploads, setUploads] = useState(0);
  const [picking, setPicking] = useState<{ type: LiteralType; done: (picked: Picked | undefined) => void }>();
  const tools = useMemo<FormTools>(
    () => ({
      upload: (files, isFolder, onProgress, signal) => {
        const [first] = files;
        const sent =
          first && !isFolder
            ? uploadFile({ project, domain }, first, onProgress, signal)
            : uploadFolder({ project, domain }, files.map((file) => ({ file, path: pathInside(file) })), onProgress, signal);
        setUploads((count) => count + 1);
        return sent.finally(() => setUploads((count) => count - 1));
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
  return { tools, dialog, uploads };
}

/** The picker names the folder itself first, which is no part of the paths within it. */
function pathInside(file: File): string {
  return file.webkitRelativePath.split("/").slice(1).join("/") || file.name;
}
