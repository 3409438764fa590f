import { floatText } from "./plain";

/** Texts that people type ↔ exact values. A parser throws a `Wrong` that says what is expected. */
export class Wrong extends Error {
  override readonly name = "Wrong";
}

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

export function parseInteger(text: string): bigint {
  const word = text.trim().replaceAll("_", "");
  if (!/^[+-]?\d+$/.test(word)) throw new Wrong("A whole number is expected, such as 42");
  const value = BigInt(word.replace(/^\+/, ""));
  if (value < INT_MIN || value > INT_MAX) throw new Wrong(`Stay within 64 bits: ${INT_MIN} to ${INT_MAX}`);
  return value;
}

const ODD: Record<string, number> = { nan: Number.NaN, inf: Infinity, infinity: Infinity };

export function parseFloating(text: string): number {
  const word = text.trim().toLowerCase().replaceAll("_", "").replace("−", "-").replace("∞", "inf");
  const odd = ODD[word.replace(/^[+-]/, "")];
  if (odd !== undefined) return word.startsWith("-") ? -odd : odd;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word)) throw new Wrong("A number is expected, such as 0.5, 1e-3, NaN or Infinity");
  return Number(word);
}

/** A float on the wire; JSON.stringify would drop the sign of −0. */
export function floatWire(value: number): number | "NaN" | "Infinity" | "-Infinity" {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : (floatText(value) as "NaN");
}

export function floatOf(wire: number | string): number {
  return typeof wire === "number" ? wire : parseFloating(wire);
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const INSTANT_HELP = "An instant is expected, such as 2026-01-31T08:00:00Z; without a zone it is taken as UTC";

/** An instant as the wire has it: RFC 3339 in UTC, up to nanoseconds. */
export function parseInstant(text: string): string {
  const found = INSTANT.exec(text.trim());
  if (!found) throw new Wrong(INSTANT_HELP);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = found;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw new Wrong("There is no such day or time");
  date.setUTCHours(Number(hour), Number(minute) - offsetOf(zone), Number(second));
  if (date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) throw new Wrong("The year must be between 1 and 9999");
  const digits = fraction.replace(/0+$/, "");
  return `${date.toISOString().slice(0, 19)}${digits ? `.${digits}` : ""}Z`;
}

function offsetOf(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const size = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || "0");
  return zone.startsWith("-") ? -size : size;
}

/** As Python's `isoformat` writes an instant in UTC inside a record. */
export function isoformat(wire: string): string {
  const [whole = "", fraction] = wire.replace(/Z$/, "").split(".");
  return `${whole}${fraction ? `.${fraction.slice(0, 6).padEnd(6, "0")}` : ""}+00:00`;
}

export function parseDay(text: string): string {
  const word = text.trim();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(word)) throw new Wrong("A day is expected, such as 2026-01-31");
  return parseInstant(word).slice(0, 10);
}

const SECOND = 1_000_000_000n;
const UNITS: Record<string, bigint> = {
  w: 604_800n * SECOND, d: 86_400n * SECOND, h: 3600n * SECOND, m: 60n * SECOND, s: SECOND, ms: 1_000_000n, us: 1000n, µs: 1000n,
};
const PART = /(\d+(?:\.\d+)?|\.\d+)\s*(weeks?|w|days?|d|hours?|h|minutes?|min|ms|us|µs|m|seconds?|sec|s)\s*/y;
const ISO = /^P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/;
const CLOCK = /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/;
const LONGEST = 315_576_000_000n * SECOND;

/** Nanoseconds of `90`, `1h30m`, `PT5M`, `1:30:00` or `2 days, 0:00:05`. */
export function parseDuration(text: string): bigint {
  const trimmed = text.trim();
  const word = trimmed.replace(/^[+-]/, "").trim();
  const size = nanosOf(word);
  if (size === undefined) throw new Wrong("A duration is expected, such as 20m, 1h30m, PT5M, 1:30:00 or 3s");
  if (size > LONGEST) throw new Wrong("The longest duration is 10000 years");
  return trimmed.startsWith("-") ? -size : size;
}

function nanosOf(word: string): bigint | undefined {
  if (/^(\d+\.?\d*|\.\d+)$/.test(word)) return scaled(word, SECOND);
  const iso = ISO.exec(word.toUpperCase());
  if (iso?.slice(1).some(Boolean)) return total(iso.slice(1), ["w", "d", "h", "m", "s"]);
  const clock = CLOCK.exec(word);
  if (clock) return total(clock.slice(1), ["d", "h", "m", "s"]);
  let sum = 0n;
  for (let at = 0; at < word.length; ) {
    PART.lastIndex = at;
    const part = PART.exec(word);
    if (!part) return undefined;
    const [all, number = "0", unit = "s"] = part;
    sum += scaled(number, UNITS[unit] ?? UNITS[unit.charAt(0)] ?? SECOND);
    at += all.length;
  }
  return word ? sum : undefined;
}

function total(numbers: readonly (string | undefined)[], units: readonly string[]): bigint {
  return numbers.reduce((sum, number, at) => sum + scaled(number ?? "0", UNITS[units[at] ?? "s"] ?? SECOND), 0n);
}

/** A decimal text times a unit, exactly; what is below a nanosecond is cut off. */
function scaled(number: string, unit: bigint): bigint {
  const [whole = "", fraction = ""] = number.split(".");
  return (BigInt(whole + fraction || "0") * unit) / 10n ** BigInt(fraction.length);
}

/** The wire's "5400s", "1.5s". */
export function durationWire(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = (size % SECOND).toString().padStart(9, "0").replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${size / SECOND}${fraction ? `.${fraction}` : ""}s`;
}

/** "1h30m", "2d", "0.25s": what `parseDuration` reads back. */
export function durationText(nanos: bigint): string {
  let rest = nanos < 0n ? -nanos : nanos;
  let text = "";
  for (const unit of ["d", "h", "m"] as const) {
    const length = UNITS[unit] ?? SECOND;
    if (rest >= length) text += `${rest / length}${unit}`;
    rest %= length;
  }
  if (rest > 0n || !text) text += durationWire(rest);
  return `${nanos < 0n ? "-" : ""}${text}`;
}

export function secondsOf(nanos: bigint): number {
  return Number(nanos / 1000n) / 1e6;
}

/** Nanoseconds of seconds, exact to the microsecond as Python's timedelta is. */
export function nanosOfSeconds(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e6)) * 1000n;
}
