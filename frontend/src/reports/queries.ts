import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client";
import type { components } from "../api/schema";
import { ROOT } from "../root";

type Schemas = components["schemas"];
export type Report = Schemas["Report"];
export type ReportHead = Schemas["ReportHead"];
export type Part = Schemas["Part"];

const at = (id: string) => ({ params: { path: { report_id: id } } });

export const reportsQuery = (project?: string) =>
  queryOptions({
    queryKey: ["reports", project ?? ""],
    queryFn: ({ signal }) => dataOf(api.GET("/api/reports", { params: { query: { project } }, signal })),
  });

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: ["report", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/reports/{report_id}", { ...at(id), signal })),
    staleTime: 0,
  });

/** The text as it is read; what it shows of runs is live. */
export const shownQuery = (text: string) =>
  queryOptions({
    queryKey: ["report shown", text],
    queryFn: ({ signal }) => dataOf(api.POST("/api/reports/preview", { body: { text }, signal })),
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });

export const makeReport = (body: Schemas["NewReport"]) => dataOf(api.POST("/api/reports", { body }));
export const reportOfComparison = (run: string[], baseline: string | undefined) =>
  dataOf(api.POST("/api/reports/comparison", { body: { run, baseline } }));
export const editReport = (id: string, body: Schemas["ReportEdit"]) =>
  dataOf(api.PATCH("/api/reports/{report_id}", { ...at(id), body }));
export const duplicateReport = (id: string) => dataOf(api.POST("/api/reports/{report_id}/duplicate", at(id)));
export const deleteReport = (id: string) => dataOf(api.DELETE("/api/reports/{report_id}", at(id)));

export function fileAddress(id: string, anonymous: boolean): string {
  return `${ROOT}/api/reports/${encodeURIComponent(id)}/file${anonymous ? "?anonymous=true" : ""}`;
}
