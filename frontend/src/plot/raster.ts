/** Heatmaps whose cells come as bytes behind the JSON of the drawing, painted here and not by plotly. */

import type { FigureData, Trace } from "./figure";

/** What the server says of the cells. */
interface Described {
  rows: number;
  cols: number;
  /** The numbers that occur; a cell is a place among them. Null is a cell without one. */
  values?: (number | null)[];
  /** What is said of each of the numbers. */
  words?: string[];
  /** Where cells are numbers themselves: of what. */
  noun?: string;
}

export interface Cells extends Described {
  data: Uint8Array | Uint16Array | Float32Array;
}

const MINUS = "−";
/** Colours that a scale of any numbers is cut into. */
const SHADES = 1_024;

/** Length of the JSON, the JSON, the cells. */
export function decoded(bytes: ArrayBuffer): FigureData {
  const length = new DataView(bytes).getUint32(0, true);
  const figure = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as FigureData;
  const about = figure.data[0]?.raster as Described;
  const start = 4 + length;
  const data = about.noun
    ? new Float32Array(bytes, start)
    : (about.values?.length ?? 0) <= 256
      ? new Uint8Array(bytes, start)
      : new Uint16Array(bytes, start);
  return { ...figure, cells: { ...about, data } };
}

export function valueAt(cells: Cells, row: number, col: number): number | null {
  const cell = cells.data[row * cells.cols + col];
  if (cell === undefined) return null;
  return cells.values ? (cells.values[cell] ?? null) : cell;
}

/** What hovering says of a cell; nothing where it has no number. */
export function wordsAt(cells: Cells, row: number, col: number): string | null {
  const cell = cells.data[row * cells.cols + col];
  if (cell === undefined) return null;
  if (cells.words) return cells.words[cell] ?? null;
  return `${cells.noun} ${String(Number(cell.toPrecision(3))).replace("-", MINUS)}`;
}

/** The figure as plotly draws it by itself, every cell a number. */
export function withNumbers(figure: FigureData): FigureData {
  const { cells, ...rest } = figure;
  if (!cells) return figure;
  const z = Array.from({ length: cells.rows }, (_, row) =>
    Array.from({ length: cells.cols }, (__, col) => valueAt(cells, row, col)),
  );
  const [trace, ...others] = figure.data;
  return { ...rest, data: [{ ...trace, raster: undefined, z }, ...others] };
}

/** What plotly has beneath our cells: one cell as large as all of them, not to be seen, and the bar of colours. */
export function withoutCells(trace: Trace, { rows, cols }: Cells): Trace[] {
  const { x0, dx, y0, dy, zmin, zmax, colorscale, colorbar } = trace as unknown as Grid & Trace;
  const whole = {
    x0: x0 + ((cols - 1) * dx) / 2,
    dx: cols * dx,
    y0: y0 + ((rows - 1) * dy) / 2,
    dy: rows * dy,
  };
  return [
    { type: "heatmap", z: [[zmin]], zmin, zmax, ...whole, opacity: 0, showscale: false, hoverinfo: "skip" },
    {
      type: "scatter",
      mode: "markers",
      x: [null],
      y: [null],
      hoverinfo: "skip",
      marker: { color: [zmin], cmin: zmin, cmax: zmax, colorscale, colorbar, showscale: true },
    },
  ];
}

type Scale = [number, string][];

/** Red, green, blue and opacity as the bytes of a pixel. */
function pixel(scale: Scale, share: number): number {
  const at = Math.max(0, Math.min(1, share));
  let place = 0;
  while (place < scale.length - 2 && (scale[place + 1]?.[0] ?? 1) < at) place += 1;
  const [from, start] = scale[place] ?? [0, "#000000"];
  const [to, end] = scale[place + 1] ?? [1, start];
  const between = to > from ? (at - from) / (to - from) : 0;
  return [1, 3, 5].reduce((sum, digits, channel) => {
    const [low, high] = [start, end].map((color) => Number.parseInt(color.slice(digits, digits + 2), 16));
    const value = Math.round((low ?? 0) + ((high ?? 0) - (low ?? 0)) * between);
    return (sum | (value << (8 * channel))) >>> 0;
  }, 0xff000000);
}

/** One pixel per cell. */
export function pixelsOf(cells: Cells, trace: Trace): Uint32Array {
  const { zmin, zmax, colorscale } = trace as unknown as { zmin: number; zmax: number; colorscale: Scale };
  const shareOf = (value: number) => (value - zmin) / (zmax - zmin);
  const { data } = cells;
  const pixels = new Uint32Array(data.length);
  if (cells.values) {
    const colors = cells.values.map((value) => (value === null ? 0 : pixel(colorscale, shareOf(value))));
    for (let place = 0; place < data.length; place += 1)
      pixels[place] = colors[data[place] as number] as number;
    return pixels;
  }
  const shades = Array.from({ length: SHADES }, (_, shade) => pixel(colorscale, shade / (SHADES - 1)));
  for (let place = 0; place < data.length; place += 1) {
    const share = Math.max(0, Math.min(1, shareOf(data[place] as number)));
    pixels[place] = shades[Math.round(share * (SHADES - 1))] as number;
  }
  return pixels;
}

/** Where plotly has put the axes of a plot, and what they show. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: [number, number];
  /** From the upper edge down. */
  y: [number, number];
}

interface Axis {
  _offset: number;
  _length: number;
  range: [number, number];
}

export function frameOf(plot: Element): Frame | null {
  const layout = (plot as unknown as { _fullLayout?: { xaxis?: Axis; yaxis?: Axis } })._fullLayout;
  if (!layout?.xaxis || !layout.yaxis) return null;
  const { xaxis, yaxis } = layout;
  return {
    left: xaxis._offset,
    top: yaxis._offset,
    width: xaxis._length,
    height: yaxis._length,
    x: [Number(xaxis.range[0]), Number(xaxis.range[1])],
    y: [Number(yaxis.range[1]), Number(yaxis.range[0])],
  };
}

interface Grid {
  x0: number;
  dx: number;
  y0: number;
  dy: number;
}

/** Lays the picture of the cells where the axes are. */
export function paintOn(
  canvas: HTMLCanvasElement,
  picture: CanvasImageSource,
  cells: Cells,
  trace: Trace,
  frame: Frame,
): void {
  const { x0, dx, y0, dy } = trace as unknown as Grid;
  const density = window.devicePixelRatio || 1;
  Object.assign(canvas.style, {
    left: `${frame.left}px`,
    top: `${frame.top}px`,
    width: `${frame.width}px`,
    height: `${frame.height}px`,
  });
  canvas.width = Math.max(1, Math.round(frame.width * density));
  canvas.height = Math.max(1, Math.round(frame.height * density));
  const context = canvas.getContext("2d");
  if (!context) return;
  const [across, down] = [
    canvas.width / (frame.x[1] - frame.x[0]),
    canvas.height / (frame.y[1] - frame.y[0]),
  ];
  // More cells than pixels are averaged; fewer keep their edges.
  context.imageSmoothingEnabled = Math.abs(dx * across) < 1 || Math.abs(dy * down) < 1;
  context.drawImage(
    picture,
    (x0 - dx / 2 - frame.x[0]) * across,
    (y0 - dy / 2 - frame.y[0]) * down,
    cells.cols * dx * across,
    cells.rows * dy * down,
  );
}

/** The cells as a picture that a canvas can be laid over with. */
export function pictureOf(cells: Cells, trace: Trace): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = cells.cols;
  picture.height = cells.rows;
  const pixels = new Uint8ClampedArray(pixelsOf(cells, trace).buffer as ArrayBuffer);
  picture.getContext("2d")?.putImageData(new ImageData(pixels, cells.cols, cells.rows), 0, 0);
  return picture;
}

/** Where a point within the axes lies as they count; null outside of them. */
export function placeAt(frame: Frame, left: number, top: number): [number, number] | null {
  const across = left / frame.width;
  const down = top / frame.height;
  if (across < 0 || across >= 1 || down < 0 || down >= 1) return null;
  return [frame.x[0] + (frame.x[1] - frame.x[0]) * across, frame.y[0] + (frame.y[1] - frame.y[0]) * down];
}

interface Named {
  labelalias?: Record<string, string>;
}

/** What lies under a point of the plot, as plotly says it: row, column and what is there. */
export function saidAt(figure: FigureData, frame: Frame, left: number, top: number): string | null {
  const { cells } = figure;
  const trace = figure.data[0];
  const place = placeAt(frame, left, top);
  if (!cells || !trace || !place) return null;
  const [x, y] = place;
  const { x0, dx, y0, dy } = trace as unknown as Grid;
  const [row, col] = [Math.round((y - y0) / dy), Math.round((x - x0) / dx)];
  if (row < 0 || col < 0 || row >= cells.rows || col >= cells.cols) return null;
  const words = wordsAt(cells, row, col);
  if (words === null) return null;
  const { xaxis, yaxis } = figure.layout as { xaxis?: Named; yaxis?: Named };
  const named = (axis: Named | undefined, at: number) => axis?.labelalias?.[String(at)] ?? String(at);
  return `${named(yaxis, y0 + row * dy)}, ${named(xaxis, x0 + col * dx)}: ${words}`;
}
