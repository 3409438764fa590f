/** What this browser keeps for a reader; where storage is forbidden it is kept as long as the page. */
const memory = new Map<string, string>();

/**
 * What was kept, if it is what it should be: another version of the page, or a person, may have kept anything.
 *
 * @param isWhole whether a value is one of these.
 */
export function recall<T>(name: string, fallback: T, isWhole: (value: unknown) => value is T): T {
  try {
    const text = localStorage.getItem(`alula.${name}`) ?? memory.get(name);
    const found: unknown = text ? JSON.parse(text) : undefined;
    return isWhole(found) ? found : fallback;
  } catch {
    return fallback;
  }
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function keep(name: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(name, text);
  try {
    localStorage.setItem(`alula.${name}`, text);
  } catch {
    // Forbidden or full: memory has it.
  }
}
