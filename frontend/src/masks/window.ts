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

/** Part of a picture as it stands in an address; null is the whole, and whatever is no part of it. */
export function partOf(
  rows: string | undefined,
  cols: string | undefined,
  [height, width]: [number, number],
): Part | null {
  const whole = (side: string | undefined, size: number) => {
    if (side === undefined || side === ":") return ":";
    const [from, to] = ends(side, size);
    return from < to && to <= size ? (to - from === size ? ":" : side) : null;
  };
  const part = { rows: whole(rows, height), cols: whole(cols, width) };
  if (part.rows === null || part.cols === null) return null;
  return part.rows === ":" && part.cols === ":" ? null : { rows: part.rows, cols: part.cols };
}

/** Height by width of what is shown, beyond which a picture is stretched. */
const LOWEST = 1 / 5;
const HIGHEST = 2;

function scaled(part: string, size: number, factor: number): string {
  const [from, to] = ends(part, size);
  const length = Math.max(1, Math.min(size, Math.round((to - from) * factor)));
  const start = Math.max(0, Math.min(size - length, Math.round((from + to - length) / 2)));
  return length === size ? ":" : `${start}:${start + length}`;
}

/** Around the middle of what is shown, half or twice as much of each side; null is the whole. Going closer, of
a long and narrow part the long side is cut alone until cells need not be stretched. */
export function zoomed(part: Part | null, [height, width]: [number, number], factor: number): Part | null {
  const [top, bottom] = ends(part?.rows ?? ":", height);
  const [left, right] = ends(part?.cols ?? ":", width);
  const proportion = (bottom - top) / (right - left);
  const [down, across] =
    factor < 1 && proportion < LOWEST
      ? [1, factor]
      : factor < 1 && proportion > HIGHEST
        ? [factor, 1]
        : [factor, factor];
  const rows = scaled(part?.rows ?? ":", height, down);
  const cols = scaled(part?.cols ?? ":", width, across);
  return rows === ":" && cols === ":" ? null : { rows, cols };
}

function moved(side: string, size: number, by: number): string {
  const [from, to] = ends(side, size);
  const length = to - from;
  if (length === size) return ":";
  const start = Math.max(0, Math.min(size - length, from + Math.sign(by) * Math.ceil(Math.abs(by) * length)));
  return `${start}:${start + length}`;
}

/** Moved by shares of what is shown, not past the edges. */
export function panned(
  part: Part | null,
  [height, width]: [number, number],
  down: number,
  right: number,
): Part | null {
  return part && { rows: moved(part.rows, height, down), cols: moved(part.cols, width, right) };
}

/** The weight in the middle of what is shown. */
export function middleOf(part: Part | null, [height, width]: [number, number]): [number, number] {
  const [top, bottom] = ends(part?.rows ?? ":", height);
  const [left, right] = ends(part?.cols ?? ":", width);
  return [Math.floor((top + bottom - 1) / 2), Math.floor((left + right - 1) / 2)];
}
