/** One thing that two versions differ in: what it was and what it is; undefined: it was not there. */
export interface Change {
  name: string;
  before?: string;
  after?: string;
}

/** What differs between two sets of named texts, by name. */
export function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Change[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.filter((name) => before.get(name) !== after.get(name)).map((name) => ({ name, before: before.get(name), after: after.get(name) }));
}

/** A message of the wire as one line; what is left at its default is not said. */
export function line(value: unknown): string {
  if (Array.isArray(value)) return value.map(line).filter(Boolean).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, each]) => [name, line(each)] as const)
      .filter(([, text]) => text !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => `${name}: ${text}`)
      .join(", ");
  }
  if (typeof value === "string") return value;
  if (typeof value === "number") return value === 0 ? "" : String(value);
  return value === true ? "yes" : "";
}
