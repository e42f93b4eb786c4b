import { useState } from "react";
import type { ZoomRange } from "../plot/Plot";
import { type Part, windowOf, zoomed } from "./window";

export interface Zoom {
  /** What is looked at; null is the whole. */
  part: Part | null;
  zoomTo: (part: Part | null) => void;
  /** By this factor around the middle; under 1 is closer. */
  zoomBy: (factor: number) => void;
  /** Where the reader has dragged. */
  onRange: (range: ZoomRange | null) => void;
}

/** The window of a picture; another layer, order or layout begins with the whole. */
export function useZoom(picture: string, shape: [number, number]): Zoom {
  const [view, setView] = useState<{ picture: string; part: Part | null }>({ picture, part: null });
  const part = view.picture === picture ? view.part : null;
  const zoomTo = (next: Part | null) => setView({ picture, part: next });
  return {
    part,
    zoomTo,
    zoomBy: (factor) => zoomTo(zoomed(part, shape, factor)),
    onRange: (range) => {
      // Dragging leaves the focus where it was; from here on the keys are the picture's.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      zoomTo(range && windowOf(range, shape));
    },
  };
}
