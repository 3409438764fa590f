const versions = new WeakMap<object, number>();
let version = 0;

/** A number that is another one for each object: a node that has changed is another object. */
export function versionOf(value: object | undefined): number {
  if (!value) return 0;
  const known = versions.get(value) ?? ++version;
  versions.set(value, known);
  return known;
}
