/** At most five characters or so: 0.00012 is 1.2e-4. More digits only where they are asked for. */
export function shortNumber(value: number, digits = 4): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const isPlain = size >= 1e-3 && (size < 1e5 || (digits > 6 && size < 1e15));
  return isPlain ? String(Number(value.toPrecision(digits))) : value.toExponential(Math.max(1, digits - 3)).replace("e+", "e");
}

const MOST_DIGITS = 17; // a double has no more

/** Numbers as short as they can be while those that differ look different. */
export function apart(values: readonly number[]): string[] {
  const wanted = new Set(values).size;
  for (let digits = 4; digits < MOST_DIGITS; digits++) {
    const texts = values.map((value) => shortNumber(value, digits));
    if (new Set(texts).size === wanted) return texts;
  }
  return values.map(String);
}
