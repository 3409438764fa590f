import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";

/** The beginning of a table as texts. */
export interface FirstRows {
  columns: string[];
  rows: string[][];
  /** undefined: not known without reading all of it. */
  total: number | undefined;
}

const MOST = 100;
const MOST_COLUMNS = 200;

export async function firstRows(bytes: ArrayBuffer, format: "csv" | "parquet"): Promise<FirstRows> {
  if (format === "csv") return csvRows(new TextDecoder().decode(bytes));
  const metadata = await parquetMetadataAsync(bytes);
  const total = Number(metadata.num_rows);
  const objects = await parquetReadObjects({ file: bytes, metadata, rowStart: 0, rowEnd: Math.min(MOST, total) });
  const columns = Object.keys(objects[0] ?? {}).slice(0, MOST_COLUMNS);
  return { columns, rows: objects.map((row) => columns.map((name) => cellText(row[name]))), total };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  if (typeof value === "object") return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
}

/** The first lines of a CSV, quotes and line ends within them heeded. */
function csvRows(text: string): FirstRows {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length && lines.length <= MOST; at++) {
    const char = text[at] ?? "";
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[at++] ?? "";
      else isQuoted = false;
    } else if (char === '"' && cell === "") isQuoted = true;
    else if (char === "," || char === "\n") {
      line.push(cell.replace(/\r$/, ""));
      cell = "";
      if (char === "\n") {
        lines.push(line);
        line = [];
      }
    } else cell += char;
  }
  if (cell || line.length) lines.push([...line, cell]);
  return { columns: (lines[0] ?? []).slice(0, MOST_COLUMNS), rows: lines.slice(1, MOST + 1).map((row) => row.slice(0, MOST_COLUMNS)), total: undefined };
}
