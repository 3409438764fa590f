/** What this browser keeps for a reader; where storage is forbidden it is kept as long as the page. */
const memory = new Map<string, string>();

export function recall<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`alula.${name}`) ?? memory.get(name);
    return text ? (JSON.parse(text) as T) : fallback;
  } catch {
    return fallback;
  }
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
