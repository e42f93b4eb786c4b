import type { ZoomRange } from "../plot/Plot";

/** A tensor as rows × columns; further axes are folded into the columns. */
export function foldedShape(shape: number[]): [number, number] {
  const [rows = 1, ...rest] = shape;
  return rest.length ? [rows, rest.reduce((product, size) => product * size, 1)] : [1, rows];
}

/** The stretch of indices that a zoomed axis shows, a cell at least, never outside. Cells are centred on numbers. */
function stretch(range: [number, number] | undefined, size: number): string {
  if (!range) return ":";
  const from = Math.max(0, Math.min(size - 1, Math.floor(range[0] + 0.5)));
  const to = Math.max(from + 1, Math.min(size, Math.ceil(range[1] + 0.5)));
  return from === 0 && to === size ? ":" : `${from}:${to}`;
}

/** The window of a layer to ask for when the reader has zoomed; null when that is the whole. */
export function windowOf(range: ZoomRange, shape: number[]): { rows: string; cols: string } | null {
  const [height, width] = foldedShape(shape);
  const rows = stretch(range.y, height);
  const cols = stretch(range.x, width);
  return rows === ":" && cols === ":" ? null : { rows, cols };
}
