const STEPS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** "512 B", "3.4 MiB"; empty for NaN. */
export function sizeInWords(bytes: number): string {
  if (!Number.isFinite(bytes)) return "";
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < STEPS.length - 1) {
    value /= 1024;
    step++;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, "")} ${STEPS[step]}`;
}

/** A count with thin thousands: 12 345. */
export function count(value: number | string | undefined): string {
  return Number(value ?? 0).toLocaleString("en").replaceAll(",", " ");
}
