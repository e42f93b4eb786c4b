import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { previewRun } from "../api/actions";
import type { Spec } from "./draft";

/** Typing goes on faster than this. */
const PAUSE_MS = 300;

const previewQuery = (spec: string, parent: string | undefined) =>
  queryOptions({
    queryKey: ["preview", spec, parent],
    queryFn: ({ signal }) => previewRun(JSON.parse(spec) as Spec, parent, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  });

/** What the server says a run of `spec` will be, once nothing was typed for a moment. */
export function usePreview(spec: Spec, isValid: boolean, parent?: string) {
  const written = JSON.stringify(spec);
  const [settled, setSettled] = useState(written);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(written), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  return useQuery({ ...previewQuery(settled, parent), enabled: isValid });
}
