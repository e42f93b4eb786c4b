import type { ZoomRange } from "../plot/Plot";

/** How a tensor is laid out: filters as a grid of kernels, or further axes folded into the columns. */
export type Layout = "filters" | "flat";

/** Filters of few channels that the server puts into one row of kernels. */
function sideBySide(filters: number, channels: number, height: number, width: number): number {
  if (channels > 4) return 1;
  let side = Math.max(1, Math.floor(Math.sqrt((2 * filters * height) / (channels * width))));
  while (filters % side !== 0) side -= 1;
  return side;
}

/** Rows × columns of the picture that a tensor makes. */
export function pictureShape(shape: number[], layout: Layout = "flat"): [number, number] {
  const [rows = 1, ...rest] = shape;
  if (layout === "filters" && shape.length === 4) {
    const [channels = 1, height = 1, width = 1] = rest;
    const side = sideBySide(rows, channels, height, width);
    return [(rows / side) * height, side * channels * width];
  }
  return rest.length ? [rows, rest.reduce((product, size) => product * size, 1)] : [1, rows];
}

/** Part of a layer as the server is asked for it; a side that is whole says ":". */
export interface Part {
  rows: string;
  cols: string;
}

/** The stretch of indices that a zoomed axis shows, a cell at least, never outside. Cells are centred on numbers. */
function stretch(range: [number, number] | undefined, size: number): string {
  if (!range) return ":";
  const from = Math.max(0, Math.min(size - 1, Math.floor(range[0] + 0.5)));
  const to = Math.max(from + 1, Math.min(size, Math.ceil(range[1] + 0.5)));
  return from === 0 && to === size ? ":" : `${from}:${to}`;
}

/** The window of a layer to ask for when the reader has zoomed; null when that is the whole. */
export function windowOf(range: ZoomRange, [height, width]: [number, number]): Part | null {
  const rows = stretch(range.y, height);
  const cols = stretch(range.x, width);
  return rows === ":" && cols === ":" ? null : { rows, cols };
}

function ends(part: string, size: number): [number, number] {
  const [from, to] = part.split(":");
  return [Number(from || 0), Number(to || size)];
}

function scaled(part: string, size: number, factor: number): string {
  const [from, to] = ends(part, size);
  const length = Math.max(1, Math.min(size, Math.round((to - from) * factor)));
  const start = Math.max(0, Math.min(size - length, Math.round((from + to - length) / 2)));
  return length === size ? ":" : `${start}:${start + length}`;
}

/** Around the middle of what is shown, half or twice as much of each side; null is the whole. */
export function zoomed(part: Part | null, [height, width]: [number, number], factor: number): Part | null {
  const rows = scaled(part?.rows ?? ":", height, factor);
  const cols = scaled(part?.cols ?? ":", width, factor);
  return rows === ":" && cols === ":" ? null : { rows, cols };
}
