/** What the server sends as a figure, and what can be read off it without plotly. */

import type { Cells } from "./raster";

export interface Trace {
  type?: string;
  name?: string;
  visible?: boolean | "legendonly";
  x?: unknown;
  y?: unknown;
  z?: unknown;
  [key: string]: unknown;
}

export interface FigureMeta {
  sentence?: string;
  title?: string;
  empty?: boolean;
  thinned?: boolean;
}

export interface FigureData {
  data: Trace[];
  layout: Record<string, unknown> & { meta?: FigureMeta };
  /** Of a large heatmap: its cells, which came as bytes. */
  cells?: Cells;
}

interface Packed {
  bdata: string;
  dtype: string;
  shape?: string | number | number[];
}

type NumericView =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

const VIEWS: Record<string, new (buffer: ArrayBuffer) => NumericView> = {
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
};

function isPacked(value: unknown): value is Packed {
  return typeof value === "object" && value !== null && "bdata" in value && "dtype" in value;
}

function shapeOf(packed: Packed): number[] {
  if (packed.shape === undefined) return [];
  if (Array.isArray(packed.shape)) return packed.shape;
  return String(packed.shape).split(",").map(Number);
}

/** An array as plotly's JSON carries it: a list, or numbers packed in base64 (also two-dimensional). */
export function unpack(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isPacked(value)) return [];
  const bytes = Uint8Array.from(atob(value.bdata), (character) => character.charCodeAt(0));
  const View = VIEWS[value.dtype];
  if (!View) return [];
  const flat = Array.from(new View(bytes.buffer));
  const [rows, columns] = shapeOf(value);
  if (rows === undefined || columns === undefined) return flat;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * columns, (row + 1) * columns));
}

function drawn(trace: Trace): number {
  if (trace.visible === false || trace.mode === "text") return 0;
  if (trace.z !== undefined) {
    return unpack(trace.z).reduce<number>((sum, row) => sum + (Array.isArray(row) ? row.length : 1), 0);
  }
  return unpack(trace.y ?? trace.x).filter((value) => value !== null).length;
}

/** How many points the figure shows, cells of heatmaps included. */
export function pointsIn(figure: FigureData): number {
  if (figure.cells) return figure.cells.rows * figure.cells.cols;
  return figure.data.reduce((sum, trace) => sum + drawn(trace), 0);
}

/** The figure without the traces of these names, and without the labels that name them. */
export function without(figure: FigureData, hidden: ReadonlySet<string>): FigureData {
  const annotations = figure.layout.annotations as { text?: string; xref?: string }[] | undefined;
  return {
    ...figure,
    data: figure.data.map((trace) => (hidden.has(trace.name ?? "") ? { ...trace, visible: false } : trace)),
    layout: {
      ...figure.layout,
      // Labels at the ends of lines stand on the paper; names of tasks over the boundaries stay.
      annotations: annotations?.filter(({ text, xref }) => !(xref === "paper" && hidden.has(text ?? ""))),
    },
  };
}

/** The figure with a frame around the cell of its heatmap in which this row and column lie. */
export function marked(figure: FigureData, [row, col]: [number, number]): FigureData {
  const { x0, dx, y0, dy } = (figure.data[0] ?? {}) as Record<string, unknown>;
  if (![x0, dx, y0, dy].every((number) => typeof number === "number")) return figure;
  const ends = (at: number, first: number, size: number) => {
    const middle = first + Math.round((at - first) / size) * size;
    return [middle - size / 2, middle + size / 2];
  };
  const [left, right] = ends(col, x0 as number, dx as number);
  const [top, bottom] = ends(row, y0 as number, dy as number);
  const frame = (color: string, width: number) => ({
    type: "rect",
    x0: left,
    x1: right,
    y0: top,
    y1: bottom,
    line: { color, width },
  });
  const shapes = (figure.layout.shapes as object[] | undefined) ?? [];
  // Dark within light: one of them stands out on any cell.
  const frames = [frame("#ffffff", 5), frame("#000000", 2)];
  return { ...figure, layout: { ...figure.layout, shapes: [...shapes, ...frames] } };
}

/** The figure with the other traces faint. */
export function standingOut(figure: FigureData, pointed: string): FigureData {
  if (!figure.data.some(({ name }) => name === pointed)) return figure;
  const data = figure.data.map((trace) => (trace.name === pointed ? trace : { ...trace, opacity: 0.15 }));
  return { ...figure, data };
}
