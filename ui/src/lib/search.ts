/** Reading an address: whatever stands there, a page gets values of the types it asks for. */

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function integer(value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 && number <= most ? number : undefined;
}

export function flag(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 ? true : undefined;
}

export function texts(value: unknown): string[] | undefined {
  const found = (Array.isArray(value) ? value : [value]).map(text).filter((each) => each !== undefined);
  return found.length ? found : undefined;
}

export function oneOf<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((each) => each === value);
}
