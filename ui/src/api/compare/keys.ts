/** Renewed when one of its own executions changes: to compare a hundred is much work for the server. */
export const compareKeys = { all: ["compare"] as const, of: (ids: readonly string[]) => ["compare", ids] as const };
