import { useQuery } from "@tanstack/react-query";
import { accessQuery } from "../api/queries";

/** Whether who looks at the page may change anything; a button that cannot work is not offered. */
export function useMayChange(): boolean {
  return useQuery(accessQuery).data?.you?.may_change ?? true;
}
