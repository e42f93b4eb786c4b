/** Where figures stand: the page lays itself out from what each figure declares of itself. */

import type { FigureParams } from "../api/queries";
import type { FigureInfo, FigureOption, FigurePlace } from "../api/types";

export interface Placed {
  figure: FigureInfo;
  place: FigurePlace;
}

/** Neighbours of one size, which share lines. */
export interface Row {
  size: FigurePlace["size"];
  placed: Placed[];
}

/** About one point for each pixel that a small figure is wide, for there is no more to see. */
const FEW_POINTS = typeof window !== "undefined" && window.innerWidth > 1_800 ? 1_600 : 800;

/** The figures of a tab in their order. */
export function placedOn(figures: readonly FigureInfo[], tab: FigurePlace["tab"]): Placed[] {
  return figures
    .flatMap((figure) => figure.places.map((place) => ({ figure, place })))
    .filter(({ place }) => place.tab === tab)
    .sort((a, b) => a.place.order - b.place.order);
}

export function rowsOf(placed: Placed[]): Row[] {
  const rows: Row[] = [];
  for (const figure of placed) {
    const last = rows.at(-1);
    if (last?.size === figure.place.size) last.placed.push(figure);
    else rows.push({ size: figure.place.size, placed: [figure] });
  }
  return rows;
}

/** What a figure is asked for: of what the page fills and the reader has chosen, the options that it has. */
export function paramsOf({ figure, place }: Placed, given: FigureParams): FigureParams {
  const all: FigureParams = { ...(place.few_points ? { points: FEW_POINTS } : {}), ...given };
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => value !== undefined && figure.params.includes(name)),
  );
}

export function titleOf({ place }: Placed, layer: string | undefined): string {
  const title = (layer && place.title_of_layer) || place.title;
  return title.replaceAll("{layer}", layer ?? "");
}

/** The options that have a control at the figure, in their order there. */
export function controlsOf({ figure, place }: Placed): FigureOption[] {
  return place.controls.flatMap((name) => figure.options.find((option) => option.name === name) ?? []);
}
