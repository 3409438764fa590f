import { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { Failure, Skeleton } from "@/components/ui/State";
import { ApiError } from "@/api/client";
import { routeTree } from "./routeTree.gen";

export const queryClient = new QueryClient({
  defaultOptions: {
    // A machine without a network still reaches its own server; and a launch that fails is said, not made later unseen.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      // Streams say what has changed; looking at a window again is no reason to ask.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (times, error) => error instanceof ApiError && error.isUnreachable && times < 2,
    },
  },
});

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: false,
  scrollRestoration: true,
  defaultPendingComponent: () => <Skeleton />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} title="This page could not be shown" />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
