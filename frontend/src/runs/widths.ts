/** Widths that the reader has dragged columns to; kept by the browser. */

import { useLocalStorage } from "@mantine/hooks";
import { useCallback } from "react";

export const NARROWEST = 56;
const WIDEST = 1_200;

export type Widths = Record<string, number>;

/** The widths, how to set one, and how to take over those of a saved view. */
export function useWidths(): [
  Widths,
  (column: string, width: number | undefined) => void,
  (widths: Widths) => void,
] {
  const [widths, setWidths] = useLocalStorage<Widths>({
    key: "anpyc-column-widths",
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const set = useCallback(
    (column: string, width: number | undefined) =>
      setWidths(({ [column]: _before, ...others }) =>
        width === undefined ? others : { ...others, [column]: bounded(width) },
      ),
    [setWidths],
  );
  const take = useCallback((fresh: Widths) => setWidths((before) => ({ ...before, ...fresh })), [setWidths]);
  return [widths, set, take];
}

function bounded(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
}
