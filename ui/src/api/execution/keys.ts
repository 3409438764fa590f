import type { ExecutionId } from "@/idl";
import { idText } from "@/lib/id";

/** Lists are renewed by the stream of changes, one execution by its own. */
export const executionKeys = {
  lists: ["executions"] as const,
  list: (search: unknown) => ["executions", search] as const,
  one: (id: ExecutionId) => ["execution", idText(id)] as const,
  data: (id: ExecutionId) => ["execution", idText(id), "data"] as const,
  events: (id: ExecutionId) => ["execution", idText(id), "events"] as const,
};
