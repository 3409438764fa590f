import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";

export const Route = createFileRoute("/executions/")({ component: () => <Page title="executions">…</Page> });
