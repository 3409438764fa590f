import type { Group } from "./table";

// A spreadsheet takes a cell that begins with one of these for a formula.
const FORMULA = /^[=+\-@\t\r]/;

/** Rows as comma-separated values (RFC 4180), one column for each execution. */
export function toCsv(groups: readonly Group[], executions: readonly string[]): string {
  const lines = [["group", "name", ...executions]];
  for (const { title, rows } of groups) {
    for (const { name, cells } of rows) lines.push([title, guarded(name, Number.NaN), ...cells.map((cell) => (cell ? guarded(cell.text, cell.number) : ""))]);
  }
  return lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

function guarded(text: string, number: number): string {
  return FORMULA.test(text) && Number.isNaN(number) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
