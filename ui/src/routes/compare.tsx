import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";
import { text } from "@/lib/search";

export interface CompareSearch {
  /** The executions, as "project/domain/name" separated by commas. */
  ids?: string;
  metric?: string;
}

export const Route = createFileRoute("/compare")({
  validateSearch: (search: Record<string, unknown>): CompareSearch => ({ ids: text(search.ids), metric: text(search.metric) }),
  component: () => <Page title="Compare">…</Page>,
});
