import type { Cell } from "./cell";
import { distinctRows } from "./distinct";
import type { Group, Row } from "./table";

/** Words in names of what is better the smaller, and the larger, it is. */
const LOW = /(^|[^a-z])(loss|err|error|mse|rmse|mae|mape|perplexity|ppl|latency|cost|wer|cer|regret|nll|fid)([^a-z]|$)/;
const HIGH = /(^|[^a-z])(acc|accuracy|auc|auroc|ap|map|f1|precision|recall|score|r2|iou|dice|bleu|rouge|reward|ndcg|mrr|throughput|likelihood|psnr|ssim)([^a-z]|$)/;

/** Which end of a row is the better one, as far as its name says: `val_loss` low, `test.accuracy` high. */
export function betterEnd(name: string): "low" | "high" | undefined {
  const words = name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  return LOW.test(words) ? "low" : HIGH.test(words) ? "high" : undefined;
}

/** The best number of a row; undefined where its name does not say what is better, or all have the same. */
export function bestOf({ name, cells, isSame }: Row): number | undefined {
  const end = betterEnd(name);
  const numbers = cells.map((cell) => cell?.number ?? Number.NaN).filter((each) => !Number.isNaN(each));
  if (!end || isSame || numbers.length < 2) return undefined;
  return end === "low" ? Math.min(...numbers) : Math.max(...numbers);
}

/** Of a number between the least and the largest of its row: from 0 to 1; undefined where there is no such span. */
export function shareOf(row: Row, cell: Cell | undefined): number | undefined {
  const numbers = row.cells.map((each) => each?.number ?? Number.NaN).filter(Number.isFinite);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return cell && Number.isFinite(cell.number) && high > low ? (cell.number - low) / (high - low) : undefined;
}

const RESULTS: readonly Group["key"][] = ["metrics", "outputs"];
const SET: readonly Group["key"][] = ["inputs", "parameters"];

export interface TableRow extends Row {
  group: Group["key"];
}

/** Columns of a table of executions: what came out of them first, numbers before the rest, then what was put in, then how long they took; none of them twice. */
export function tableRows(groups: readonly Group[]): TableRow[] {
  const of = (keys: readonly Group["key"][]) =>
    keys.flatMap((key) => (groups.find((group) => group.key === key)?.rows ?? []).filter((row) => keys === RESULTS || !row.isSame).map((row): TableRow => ({ ...row, group: key })));
  const results = of(RESULTS);
  const [numbers, others] = [results.filter(isNumeric), results.filter((row) => !isNumeric(row))];
  const whole = groups.find(({ key }) => key === "durations")?.rows[0];
  return [...distinctRows([...numbers, ...of(SET), ...others]), ...(whole ? [{ ...whole, group: "durations" as const }] : [])];
}

/** Whether a row has numbers alone, NaN being one. */
export function isNumeric({ cells }: Row): boolean {
  return cells.every((cell) => !cell || !Number.isNaN(cell.number) || cell.text === "NaN") && cells.some((cell) => cell);
}
