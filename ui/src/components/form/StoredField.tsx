import { FileUp, FolderUp, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/components/ui/Button";
import { Field, Input } from "@/components/ui/Field";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { messageOf } from "@/lib/messageOf";
import { useForm } from "./context";
import type { KindProps } from "./ShapeField";

/** A file, folder or data frame: sent from this machine straight to the store, or where it already lies. */
export function StoredField({ value, onChange, frame, isFolder, accept, isFrame }: KindProps & { isFolder: boolean; accept: string; isFrame?: boolean }) {
  const { upload, isLocked } = useForm();
  const [sending, setSending] = useState<{ name: string; share: number }>();
  const [error, setError] = useState("");
  /** What could not be sent. */
  const [unsent, setUnsent] = useState<readonly File[]>();
  const running = useRef<AbortController>(undefined);
  const picker = useRef<HTMLInputElement>(null);
  // What else was typed while the file was on its way stays: the field as it is then takes the result.
  const taker = useRef(onChange);
  useEffect(() => {
    taker.current = onChange;
  });
  useEffect(() => () => running.current?.abort(), []);
  const stored = value.form === "stored" ? value : { uri: "", format: "", hash: "", fileName: undefined };

  async function send(files: readonly File[]): Promise<void> {
    const [first] = files;
    if (!upload || !first) return;
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const name = isFolder ? `${first.webkitRelativePath.split("/")[0] ?? "folder"}, ${files.length} files` : first.name;
    const fileName = `${name}, ${sizeInWords(size)}`;
    setError("");
    setUnsent(undefined);
    setSending({ name: fileName, share: 0 });
    try {
      const made = await upload(files, isFolder, (share) => setSending({ name: fileName, share }), mine.signal);
      if (!mine.signal.aborted) taker.current({ form: "stored", ...made, format: isFrame ? formatOf(first.name) : "", fileName });
    } catch (failure) {
      if (!mine.signal.aborted) {
        setError(messageOf(failure));
        setUnsent(files);
      }
    } finally {
      if (running.current === mine) setSending(undefined);
    }
  }

  const Sign = isFolder ? FolderUp : FileUp;
  return (
    <Field {...frame} error={error || frame.error} hint={stored.fileName ? `Sent from this machine: ${printable(stored.fileName, 200)}` : frame.hint}>
      {(tied) => (
        <div
          className="flex gap-2"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            if (!isFolder && !isLocked) void send([...event.dataTransfer.files].slice(0, 1));
          }}
        >
          {sending ? (
            <Sending {...sending} onStop={() => running.current?.abort()} />
          ) : (
            <Input
              {...tied}
              disabled={isLocked}
              className="font-mono !text-xs"
              placeholder={upload && !isFolder ? "s3://bucket/key, or drop a file here" : "s3://bucket/key"}
              value={stored.uri}
              onChange={(event) => {
                setError("");
                setUnsent(undefined);
                onChange({ form: "stored", uri: event.target.value, format: isFrame ? formatOf(event.target.value) : "", hash: "" });
              }}
            />
          )}
          {upload && !isLocked && (
            <>
              <input
                ref={picker}
                type="file"
                hidden
                aria-label={`${frame.label}: file of this machine`}
                accept={accept || undefined}
                {...(isFolder ? { webkitdirectory: "" } : {})}
                onChange={(event) => {
                  void send([...(event.target.files ?? [])]);
                  event.target.value = "";
                }}
              />
              {unsent && (
                <Button look="primary" onClick={() => void send(unsent)}>
                  Try again
                </Button>
              )}
              <Button icon={<Sign aria-hidden className="size-4" />} aria-label={`Upload a ${isFolder ? "folder" : "file"} for ${frame.label}`} onClick={() => picker.current?.click()}>
                Upload
              </Button>
            </>
          )}
        </div>
      )}
    </Field>
  );
}

function Sending({ name, share, onStop }: { name: string; share: number; onStop: () => void }) {
  const percent = Math.round(share * 100);
  return (
    <div className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border border-line-2 px-2 text-sm">
      <span className="min-w-0 truncate">{printable(name, 200)}</span>
      <progress className="ml-auto h-1.5 w-24 accent-accent" max={100} value={percent} aria-label={`Sending ${name}`} />
      <span className="w-9 text-right text-xs tabular-nums">{percent} %</span>
      <IconButton size="small" label="Stop the upload" onClick={onStop}>
        <X aria-hidden className="size-3.5" />
      </IconButton>
    </div>
  );
}

/** How a data frame is stored, as its name says. */
function formatOf(name: string): string {
  return /\.csv$/i.test(name) ? "csv" : /\.(parquet|pq)$/i.test(name) ? "parquet" : "";
}
