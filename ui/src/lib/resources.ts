import type { Resources } from "@/idl";

/** What a task asks for, by the resource's name: what it gets at least, and what it gets at most where that is more. */
export function resourcesOf(resources: Resources | undefined): Map<string, string> {
  const [asked, most] = [entries(resources?.requests), entries(resources?.limits)];
  const said = new Map<string, string>();
  for (const name of new Set([...asked.keys(), ...most.keys()])) {
    const [least, limit] = [asked.get(name), most.get(name)];
    said.set(name, least === undefined ? `at most ${limit}` : limit === undefined || limit === least ? least : `${least}, at most ${limit}`);
  }
  return said;
}

/** The same in one line. */
export function resourcesInWords(resources: Resources | undefined): string {
  return [...resourcesOf(resources)].map(([name, value]) => `${name} ${value}`).join(", ");
}

function entries(list: Resources["requests"]): Map<string, string> {
  return new Map((list ?? []).map(({ name = "", value = "" }) => [name.toLowerCase().replaceAll("_", " "), value]));
}
