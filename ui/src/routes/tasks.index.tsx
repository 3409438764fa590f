import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";

export const Route = createFileRoute("/tasks/")({ component: () => <Page title="tasks">…</Page> });
