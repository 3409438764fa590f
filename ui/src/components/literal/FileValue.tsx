import { Download, Eye, File, Folder, Image as ImageSign } from "lucide-react";
import { use, useEffect, useState, type ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { complain } from "@/components/ui/Toast";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { fileName, imageType, isTextFile } from "@/literal/shown";
import { messageOf } from "@/lib/messageOf";
import { FilesContext, type Files } from "./files";

const LARGEST_IMAGE = 20 << 20;
const LARGEST_TEXT = 1 << 20;
const SHOWN_TEXT = 20_000;

/** A file or folder of the store: its name, size, a download, and what is in it where that can be shown. */
export function FileValue({ uri, isFolder, format }: { uri: string; isFolder: boolean; format: string }) {
  const files = use(FilesContext);
  const image = isFolder ? undefined : imageType(uri, format);
  const Sign = isFolder ? Folder : image ? ImageSign : File;
  const name = fileName(uri);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex min-w-0 flex-wrap items-center gap-1.5">
        <Sign aria-hidden className="size-4 shrink-0 text-ink-3" />
        <span className="min-w-0 truncate font-mono text-xs" title={printable(uri)}>
          {printable(isFolder ? uri : name, 200)}
        </span>
        {format && <span className="text-xs text-ink-2">{format === "PythonPickle" ? "Python object (pickle)" : printable(format, 60)}</span>}
        <Copy text={uri} label="Copy the address" />
        {files && !isFolder && <Loadable files={files} uri={uri} name={name} isText={isTextFile(uri, format)} />}
      </div>
      {files && image && <Picture files={files} uri={uri} type={image} name={name} />}
    </div>
  );
}

function Loadable({ files, uri, name, isText }: { files: Files; uri: string; name: string; isText: boolean }) {
  const [bytes, setBytes] = useState<number>();
  const [text, setText] = useState<string>();
  async function look(): Promise<void> {
    const found = await files.read(uri, LARGEST_TEXT);
    setText(found ? new TextDecoder().decode(found).slice(0, SHOWN_TEXT) : `(larger than ${sizeInWords(LARGEST_TEXT)}: download it to look at it)`);
    if (found) setBytes(found.byteLength);
  }
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Download aria-hidden className="size-3.5" />}
        onClick={() => void files.download(uri, name).then(() => files.sizeOf(uri).then(setBytes)).catch(complain)}
      >
        Download{bytes === undefined ? "" : ` ${sizeInWords(bytes)}`}
      </Button>
      {bytes === undefined && (
        <Button size="small" look="quiet" onClick={() => void files.sizeOf(uri).then(setBytes).catch(complain)}>
          Size
        </Button>
      )}
      {isText && text === undefined && (
        <Button size="small" look="quiet" icon={<Eye aria-hidden className="size-3.5" />} onClick={() => void look().catch(complain)}>
          Look into it
        </Button>
      )}
      {text !== undefined && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
        <pre tabIndex={0} className="max-h-72 w-full overflow-auto rounded border border-line bg-ground-2 p-2 font-mono text-xs">
          {printable(text, SHOWN_TEXT)}
        </pre>
      )}
    </>
  );
}

/** Where something of the store was to be seen: why it is not. */
export function Unread({ message, children }: { message: string; children: ReactNode }) {
  return (
    <p role="alert" className="flex flex-wrap items-center gap-2 text-xs text-ink-2">
      <span className="min-w-0 break-words">{printable(message, 500)}</span>
      {children}
    </p>
  );
}

/** As an image element: whatever an SVG holds, its scripts do not run there. */
function Picture({ files, uri, type, name }: { files: Files; uri: string; type: string; name: string }) {
  const [source, setSource] = useState<string>();
  const [failure, setFailure] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    let made: string | undefined;
    files
      .read(uri, LARGEST_IMAGE, control.signal)
      .then((bytes) => {
        if (control.signal.aborted) return;
        if (!bytes) setFailure(`The image is larger than ${sizeInWords(LARGEST_IMAGE)}: download it to look at it.`);
        else setSource((made = URL.createObjectURL(new Blob([bytes], { type }))));
      })
      .catch((error: unknown) => control.signal.aborted || setFailure(messageOf(error)));
    return () => {
      control.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [files, uri, type, round]);
  if (failure) {
    return (
      <Unread message={failure}>
        <Button
          size="small"
          onClick={() => {
            setFailure("");
            setRound(round + 1);
          }}
        >
          Try again
        </Button>
      </Unread>
    );
  }
  return source ? (
    <img src={source} alt={printable(name, 100)} onError={() => setFailure("This is no image that a browser can show.")} className="max-h-80 max-w-full self-start rounded border border-line bg-white object-contain" />
  ) : (
    <div role="status" aria-label="Loading the image" className="h-24 w-40 animate-pulse rounded bg-ground-3" />
  );
}
