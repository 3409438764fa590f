import { Download, Table2 } from "lucide-react";
import { use, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { complain } from "@/components/ui/Toast";
import { printable } from "@/lib/printable";
import { sizeInWords } from "@/lib/size";
import { fileName } from "@/literal/shown";
import { messageOf } from "@/lib/messageOf";
import { Unread } from "./FileValue";
import { FilesContext, type Files } from "./files";
import type { FirstRows } from "./rows";

const LARGEST = 32 << 20;

/** A data frame: its columns, and its first rows where the file can be read in the page. */
export function FrameValue({ uri, format, columns }: { uri: string; format: string; columns: readonly { name: string; type: string }[] }) {
  const files = use(FilesContext);
  const isReadable = /\.(parquet|csv)$/i.test(uri) || ["parquet", "csv"].includes(format);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-1.5">
        <Table2 aria-hidden className="size-4 shrink-0 text-ink-3" />
        <span className="text-sm">Data frame</span>
        <span className="text-xs text-ink-2">{printable(format, 60)}</span>
        <Copy text={uri} label="Copy the address" />
        {files && (
          <Button size="small" look="quiet" icon={<Download aria-hidden className="size-3.5" />} onClick={() => void files.download(uri, fileName(uri)).catch(complain)}>
            Download
          </Button>
        )}
      </div>
      {columns.length > 0 && (
        <ul aria-label="Columns" className="flex flex-wrap gap-1">
          {columns.map((column) => (
            <li key={column.name} className="rounded bg-ground-3 px-1.5 font-mono text-xs">
              {printable(column.name, 80)} <span className="text-ink-2">{printable(column.type, 40)}</span>
            </li>
          ))}
        </ul>
      )}
      {files && isReadable && <Rows files={files} uri={uri} format={format} />}
    </div>
  );
}

function Rows({ files, uri, format }: { files: Files; uri: string; format: string }) {
  const [rows, setRows] = useState<FirstRows>();
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  async function read(): Promise<void> {
    setBusy(true);
    try {
      const bytes = await files.read(uri, LARGEST);
      if (!bytes) return setNote(`It is larger than ${sizeInWords(LARGEST)}: download it to look at it.`);
      const { firstRows } = await import("./rows");
      setRows(await firstRows(bytes, /\.csv$/i.test(uri) || format === "csv" ? "csv" : "parquet"));
    } catch (error) {
      setNote(`Its rows could not be read: ${messageOf(error)}`);
    } finally {
      setBusy(false);
    }
  }
  if (note) {
    return (
      <Unread message={note}>
        <Button
          size="small"
          disabled={isBusy}
          onClick={() => {
            setNote("");
            void read();
          }}
        >
          Try again
        </Button>
      </Unread>
    );
  }
  if (!rows) {
    return (
      <Button size="small" className="self-start" disabled={isBusy} onClick={() => void read()}>
        {isBusy ? "Reading…" : "Show the first rows"}
      </Button>
    );
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div tabIndex={0} className="max-h-80 overflow-auto rounded border border-line">
      <table className="w-full border-collapse text-left font-mono text-xs">
        <caption className="sr-only">The first {rows.rows.length} rows</caption>
        <thead className="sticky top-0 bg-ground-2">
          <tr>
            {rows.columns.map((name, at) => (
              <th key={at} scope="col" className="border-b border-line px-2 py-1 font-medium">
                {printable(name, 80)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.rows.map((row, at) => (
            <tr key={at} className="odd:bg-ground-2/50">
              {row.map((cell, column) => (
                <td key={column} className="max-w-64 truncate px-2 py-0.5" title={printable(cell, 500)}>
                  {printable(cell, 200)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="px-2 py-1 text-xs text-ink-2">{rows.total === undefined ? `The first ${rows.rows.length} rows` : `${rows.rows.length} of ${rows.total} rows`}</p>
    </div>
  );
}
