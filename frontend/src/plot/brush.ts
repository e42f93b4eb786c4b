/** Brushing of parallel coordinates: a stretch of an axis chooses the lines that cross it there. */

import type { FigureAxis } from "./figure";

/** From where to where on an axis, from 0 to 1. */
export type Stretch = readonly [number, number];
/** By the place of the axis. */
export type Brush = Readonly<Record<number, Stretch>>;

/** Shorter than this was a click, which takes the stretch away. */
const LEAST = 0.015;
/** A line through the very end of a stretch counts. */
const EDGE = 0.02;

export function withStretch(brush: Brush, axis: number, from: number, to: number): Brush {
  const { [axis]: _before, ...others } = brush;
  const clip = (at: number) => Math.min(1, Math.max(0, at));
  const [low, high] = [clip(Math.min(from, to)), clip(Math.max(from, to))];
  return high - low < LEAST ? others : { ...others, [axis]: [low, high] };
}

/** Keys of the lines that cross every brushed axis within its stretch; null where nothing is brushed. */
export function chosenBy(brush: Brush, axes: readonly FigureAxis[]): ReadonlySet<string> | null {
  const brushed = Object.entries(brush).flatMap(([place, stretch]) => {
    const axis = axes[Number(place)];
    return axis ? [{ axis, stretch }] : [];
  });
  const keys = axes[0]?.keys;
  if (brushed.length === 0 || !keys) return null;
  return new Set(
    keys.filter((_, line) =>
      brushed.every(({ axis, stretch: [low, high] }) => {
        const height = axis.heights[line];
        return typeof height === "number" && height >= low - EDGE && height <= high + EDGE;
      }),
    ),
  );
}
