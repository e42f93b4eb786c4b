import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client";
import type { components } from "../api/schema";
import type { SentStudy, StudyRequest } from "./request";

export type Study = components["schemas"]["Study"];
export type StudyPreview = components["schemas"]["StudyPreview"];
export type StudyRow = components["schemas"]["Row"];

export const studyPresetsQuery = queryOptions({
  queryKey: ["studies", "presets"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/studies/presets", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const studyPreviewQuery = (request: string) =>
  queryOptions({
    queryKey: ["studies", "preview", request],
    queryFn: ({ signal }) =>
      dataOf(api.POST("/api/studies/preview", { body: JSON.parse(request) as SentStudy, signal })),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  });

export const studyQuery = (id: string) =>
  queryOptions({
    queryKey: ["studies", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/studies/{study_id}", { params: { path: { study_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) =>
      data && (data.statuses.queued || data.statuses.running) ? 3_000 : false,
  });

export const submitStudy = (request: StudyRequest, key: string): Promise<Study> =>
  dataOf(
    api.POST("/api/studies", {
      body: request as SentStudy,
      params: { header: { "idempotency-key": key } },
    }),
  );

export type Search = components["schemas"]["SearchAnswer"];

export const searchQuery = (id: string) =>
  queryOptions({
    queryKey: ["searches", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/searches/{search_id}", { params: { path: { search_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.status === "open" ? 3_000 : false),
  });
