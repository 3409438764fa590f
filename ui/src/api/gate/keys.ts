/** Gates that wait, of every execution or of those of a place. */
export const gateKeys = { waiting: ["waiting"] as const };
