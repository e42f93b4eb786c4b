import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client";
import type { components } from "../api/schema";

export type Rule = components["schemas"]["Rule"];
export type Channel = Rule["channel"];
export type EventName = Rule["events"][number];
export type Delivery = components["schemas"]["DeliveryEntry"];
export type Notifications = components["schemas"]["Notifications"];

export const notificationsQuery = queryOptions({
  queryKey: ["notifications"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/notifications", { signal })),
});

export const deliveriesQuery = queryOptions({
  queryKey: ["deliveries"],
  queryFn: ({ signal }) =>
    dataOf(api.GET("/api/notifications/deliveries", { params: { query: { limit: 50 } }, signal })),
  refetchInterval: ({ state }) => (state.data?.items.some(waits) ? 1_000 : 10_000),
});

/** What browsers are to tell; asked for as long as a page is open, looked at or not. */
export const noticesQuery = queryOptions({
  queryKey: ["notices"],
  queryFn: ({ signal }) =>
    dataOf(
      api.GET("/api/notifications/deliveries", {
        params: { query: { channel: "browser", limit: 10 } },
        signal,
      }),
    ),
  refetchInterval: 10_000,
  refetchIntervalInBackground: true,
  retry: false,
});

export const projectNamesQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/projects", { signal })),
});

export function waits({ status }: Delivery): boolean {
  return status === "pending" || status === "sending";
}
