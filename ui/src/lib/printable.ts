// Control characters, and those that turn the direction of what follows: a name must not be able to look like another.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Foreign text as it may be shown: what cannot be seen or turns the line around becomes its code, and it ends after `limit` characters. */
export function printable(text: string | undefined, limit = 2000): string {
  const shown = (text ?? "").slice(0, limit).replace(HIDDEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return (text ?? "").length > limit ? `${shown}…` : shown;
}
