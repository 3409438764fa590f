import type { Alula } from "@/idl";

type Schedule = NonNullable<Alula<"Entity">["schedule"]>;

/** "every 5 minutes", "cron 0 8 * * *"; empty if there is none. */
export function scheduleWords(schedule: Schedule | undefined | null): string {
  const cron = schedule?.cron_schedule?.schedule || schedule?.cron_expression;
  if (cron) return `cron ${cron}`;
  const { value, unit } = schedule?.rate ?? {};
  if (!value) return "";
  const word = (unit ?? "MINUTE").toLowerCase();
  return value === 1 ? `every ${word}` : `every ${value} ${word}s`;
}
