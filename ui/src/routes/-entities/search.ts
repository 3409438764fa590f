import { flag, text } from "@/lib/search";

/** What the address of a list of entities says. */
export interface EntitiesSearch {
  /** A part of the name. */
  text?: string;
  archived?: true;
}

export function entitiesSearch(search: Record<string, unknown>): EntitiesSearch {
  return { text: text(search.text), archived: flag(search.archived) };
}
