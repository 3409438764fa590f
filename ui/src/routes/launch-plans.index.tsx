import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";

export const Route = createFileRoute("/launch-plans/")({ component: () => <Page title="launch-plans">…</Page> });
