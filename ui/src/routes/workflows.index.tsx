import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";

export const Route = createFileRoute("/workflows/")({ component: () => <Page title="workflows">…</Page> });
