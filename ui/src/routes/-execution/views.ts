/** What a node's drawer shows one of. In a file of its own, since the address is read before the page is loaded. */
export const VIEWS = ["overview", "values", "log", "metrics", "deck", "cache"] as const;
export type View = (typeof VIEWS)[number];
