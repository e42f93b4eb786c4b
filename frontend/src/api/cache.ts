import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** What the server has said, for all pages. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: true,
      // What the server refused it will refuse again; what it did not answer is worth another try.
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 3,
    },
  },
});
