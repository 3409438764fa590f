import type { Place } from "@/idl";
import { keep, recall } from "./storage";

const FIRST: Place = { project: "flytesnacks", domain: "development" };

/** The project and domain that were looked at last in this browser. */
export function lastPlace(): Place {
  return recall("place", FIRST);
}

export function keepPlace(place: Place): void {
  keep("place", place);
}
