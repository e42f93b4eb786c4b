import type { ZoomRange } from "../plot/Plot";
import type { RunSearch } from "../search";
import { type Part, panned, windowOf, zoomed } from "./window";

export interface Zoom {
  /** What is looked at; null is the whole. */
  part: Part | null;
  zoomTo: (part: Part | null) => void;
  /** By this factor around the middle; under 1 is closer. */
  zoomBy: (factor: number) => void;
  /** By shares of what is shown. */
  pan: (down: number, right: number) => void;
  /** Where the reader has dragged. */
  onRange: (range: ZoomRange | null) => void;
}

/** The window of a picture, which stands in the address. */
export function useZoom(
  part: Part | null,
  shape: [number, number],
  set: (change: Partial<RunSearch>) => void,
): Zoom {
  const zoomTo = (next: Part | null) => set({ rows: next?.rows, cols: next?.cols });
  return {
    part,
    zoomTo,
    zoomBy: (factor) => zoomTo(zoomed(part, shape, factor)),
    pan: (down, right) => part && zoomTo(panned(part, shape, down, right)),
    onRange: (range) => {
      // Dragging leaves the focus where it was; from here on the keys are the picture's.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      zoomTo(range && windowOf(range, shape));
    },
  };
}
