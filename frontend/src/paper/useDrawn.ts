import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ApiError, Unreachable } from "../api/client";
import { loadPlotly } from "../plot/Plot";
import { ROOT } from "../root";
import { type Font, type PaperFigure, svgOf } from "./print";
import { addressOf, type Settings, type Subject } from "./sheet";

export interface Drawn {
  svg: string;
  figure: PaperFigure;
  font: Font;
}

async function fetched<T>(address: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(address, { signal }).catch((failure) => {
    if (signal.aborted) throw failure;
    throw new Unreachable();
  });
  const content: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, content);
  return content as T;
}

/** The figure as it will be printed. */
export function useDrawn(subject: Subject, settings: Settings) {
  const address = addressOf(subject, settings, "json");
  return useQuery({
    queryKey: ["paper", address],
    queryFn: async ({ signal }): Promise<Drawn> => {
      const [plotly, figure, font] = await Promise.all([
        loadPlotly(),
        fetched<PaperFigure>(address, signal),
        fetched<Font>(`${ROOT}/print/${settings.font}.json`, signal),
      ]);
      return { svg: await svgOf(plotly, figure, font), figure, font };
    },
    placeholderData: keepPreviousData,
    structuralSharing: false,
    staleTime: 10_000,
    gcTime: 60_000,
  });
}
