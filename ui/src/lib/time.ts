/** Instants and spans in words. Instants are ISO texts or ms since the epoch; spans are seconds. */

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

/** Milliseconds since the epoch of a wire timestamp, NaN if there is none. Nanoseconds beyond the third digit are dropped. */
export function ms(instant: string | undefined): number {
  return instant ? Date.parse(instant) : Number.NaN;
}

/** Seconds of a wire duration such as "1.5s"; NaN if there is none. */
export function seconds(duration: string | undefined): number {
  return duration ? Number.parseFloat(duration) : Number.NaN;
}

/** "12 ms", "3.4 s", "2 min 5 s", "1 h 3 min", "2 d 4 h"; empty for NaN. */
export function inWords(span: number): string {
  if (!Number.isFinite(span)) return "";
  const size = Math.abs(span);
  const sign = span < 0 ? "−" : "";
  if (size < 0.0005) return "0 ms";
  if (size < 1) return `${sign}${Math.round(size * 1000)} ms`;
  if (size < 59.95) return `${sign}${trimmed(size)} s`;
  for (const [at, [unit, length]] of UNITS.entries()) {
    if (size < length) continue;
    const whole = Math.floor(size / length);
    const [smaller, step] = UNITS[at + 1] ?? ["s", 1];
    const rest = Math.floor((size - whole * length) / step);
    return `${sign}${whole} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
  }
  return `${sign}1 min`;
}

function trimmed(size: number): string {
  return size < 10 ? size.toFixed(2).replace(/\.?0+$/, "") : size.toFixed(1).replace(/\.0$/, "");
}

/** "just now", "5 min ago", "in 2 h"; beyond 30 days the date. */
export function relative(instant: number, now: number): string {
  if (!Number.isFinite(instant)) return "";
  const span = (now - instant) / 1000;
  const size = Math.abs(span);
  if (size < 5) return "just now";
  if (size > 30 * 86_400) return new Date(instant).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
  const [unit, length] = size < 60 ? (["s", 1] as const) : (UNITS.find(([, step]) => size >= step) ?? ["s", 1]);
  const words = `${Math.floor(size / length)} ${unit}`;
  return span >= 0 ? `${words} ago` : `in ${words}`;
}

/** The exact instant with the zone, for a hover: "2026-11-25 23:52:44.957 UTC+1". */
export function exact(instant: number): string {
  if (!Number.isFinite(instant)) return "";
  const date = new Date(instant);
  const pad = (value: number, width = 2) => String(value).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
  const offset = -date.getTimezoneOffset();
  const zone = `UTC${offset === 0 ? "" : `${offset > 0 ? "+" : "−"}${Math.floor(Math.abs(offset) / 60)}${offset % 60 ? `:${pad(Math.abs(offset) % 60)}` : ""}`}`;
  return `${day} ${time} ${zone}`;
}
