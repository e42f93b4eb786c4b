import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { goToSignIn } from "../access/session";
import { ApiError } from "./client";

/** A session that has ended leaves nothing that works. */
const onError = (error: unknown) => {
  if (error instanceof ApiError && error.status === 401) goToSignIn();
};

/** What the server has said, for all pages. */
export const cache = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: true,
      // What the server refused it will refuse again; what it did not answer is worth another try.
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 3,
    },
  },
});
