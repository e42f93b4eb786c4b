import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client";
import type { components } from "../api/schema";

export type Search = components["schemas"]["SearchAnswer"];
export type Trial = components["schemas"]["TrialAnswer"];

export const searchQuery = (id: string) =>
  queryOptions({
    queryKey: ["searches", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/searches/{search_id}", { params: { path: { search_id: id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "open" ? 3_000 : false),
  });

export const stopSearch = (id: string): Promise<Search> =>
  dataOf(api.POST("/api/searches/{search_id}/cancel", { params: { path: { search_id: id } } }));
