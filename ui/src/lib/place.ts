import type { Place } from "@/idl";
import { isRecord, keep, recall } from "./storage";

/** Until another is chosen; commands and programs begin with the same. */
export const FIRST_PLACE: Place = { project: "flytesnacks", domain: "development" };

/** The project and domain that were looked at last in this browser. */
export function lastPlace(): Place {
  return recall("place", FIRST_PLACE, isPlace);
}

function isPlace(value: unknown): value is Place & Record<string, unknown> {
  return isRecord(value) && typeof value["project"] === "string" && typeof value["domain"] === "string";
}

export function keepPlace(place: Place): void {
  keep("place", place);
}
