/** A figure for print: the server lays it out for paper, here it is drawn and written as SVG, PDF or PNG. */

import type { FigureData } from "../plot/figure";

export interface Font {
  family: string;
  /** The whole font in base64, for PDF. */
  ttf: string;
  /** For SVG: parts by script, in base64. */
  subsets: { range: string; woff2: string }[];
}

/** What stands in ``layout.meta.paper``. */
export interface Sheet {
  width_mm: number;
  height_mm: number;
  filename: string;
  title: string;
}

export interface PaperFigure extends FigureData {
  layout: FigureData["layout"] & { width: number; height: number; meta: { paper: Sheet } };
}

interface Plotly {
  toImage(figure: object, options: object): Promise<string>;
}

/** Of a picture in a figure: so many dots an inch at least, so that cells have edges in any viewer. */
const DOTS_PER_INCH = 600;
const MOST_DOTS = 6_000;
const MM_PER_INCH = 25.4;
/** Of the strip below a picture in which it shows that its fonts are there. */
const PROOF = 24;
const SVG = "http://www.w3.org/2000/svg";

const loaded = new Map<string, Promise<unknown>>();

/** Plotly measures words in the font that they will be set in. */
function ready({ family, ttf }: Font): Promise<unknown> {
  const known = loaded.get(family);
  if (known) return known;
  const face = new FontFace(family, bytesOf(ttf));
  document.fonts.add(face);
  const loading = face.load();
  loaded.set(family, loading);
  return loading;
}

export async function svgOf(plotly: Plotly, figure: PaperFigure, font: Font): Promise<string> {
  await ready(font);
  const { width, height, meta } = figure.layout;
  const drawn = await plotly.toImage(
    { data: figure.data, layout: figure.layout, config: { staticPlot: true } },
    { format: "svg", width, height, imageDataOnly: true },
  );
  const root = parsed(drawn);
  const { width_mm, height_mm, title } = meta.paper;
  root.setAttribute("width", `${width_mm}mm`);
  root.setAttribute("height", `${height_mm}mm`);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.removeAttribute("style");
  // Anything that plotly keeps for the pointer is nothing on paper.
  for (const idle of root.querySelectorAll(".hoverlayer, .draglayer, .modebar-container")) idle.remove();
  await Promise.all(
    Array.from(root.querySelectorAll("image"), (image) => sharpened(image, width_mm / width)),
  );
  root.prepend(named(title), styled(font, wordsOf(root)));
  return new XMLSerializer().serializeToString(root);
}

function named(title: string): Element {
  const element = document.createElementNS(SVG, "title");
  element.textContent = title;
  return element;
}

/** The font's parts that the words need. */
function styled(font: Font, words: string): Element {
  const style = document.createElementNS(SVG, "style");
  style.textContent = partsFor(font, words)
    .map(
      ({ range, woff2 }) =>
        `@font-face{font-family:"${font.family}";src:url(data:font/woff2;base64,${woff2}) format("woff2");unicode-range:${range}}`,
    )
    .join("");
  return style;
}

function partsFor({ subsets }: Font, words: string): Font["subsets"] {
  const codes = Array.from(new Set(words.replace(/\s/g, "")), (letter) => letter.codePointAt(0) ?? 0);
  return subsets.filter(({ range }) => codes.some((code) => isIn(range, code)));
}

/** Whether a letter is in ``U+0000-00FF,U+0131``. */
export function isIn(range: string, code: number): boolean {
  return range.split(",").some((part) => {
    const [from, to] = part.trim().slice(2).split("-");
    const first = Number.parseInt(from ?? "", 16);
    return code >= first && code <= (to ? Number.parseInt(to, 16) : first);
  });
}

function wordsOf(root: Element): string {
  return Array.from(root.querySelectorAll("text"), (element) => element.textContent ?? "").join(" ");
}

function parsed(svg: string): Element {
  return new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
}

/** A picture of one dot for each cell with as many as print needs: no viewer may blur what lies between. */
async function sharpened(image: SVGImageElement, mmPerUnit: number): Promise<void> {
  const address = image.getAttribute("href") ?? image.getAttribute("xlink:href") ?? "";
  const picture = await pictureAt(address);
  const wanted = (units: string, dots: number) => {
    const inches = (Number(image.getAttribute(units)) * mmPerUnit) / MM_PER_INCH;
    const times = Math.min(Math.ceil((inches * DOTS_PER_INCH) / dots), Math.floor(MOST_DOTS / dots));
    return dots * Math.max(1, times);
  };
  const context = canvasOf(wanted("width", picture.naturalWidth), wanted("height", picture.naturalHeight));
  const { canvas } = context;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  image.removeAttribute("xlink:href");
  image.setAttribute("href", canvas.toDataURL("image/png"));
}

async function pictureAt(address: string): Promise<HTMLImageElement> {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return picture;
}

/** Vector graphics with the font in it; exactly as large as the SVG says. */
export async function pdfOf(
  svg: string,
  { width_mm, height_mm, title }: Sheet,
  font: Font,
): Promise<ArrayBuffer> {
  const [{ jsPDF }, { svg2pdf }] = await Promise.all([import("jspdf"), import("svg2pdf.js")]);
  const pdf = new jsPDF({
    unit: "mm",
    format: [width_mm, height_mm],
    orientation: width_mm > height_mm ? "landscape" : "portrait",
    compress: true,
    putOnlyUsedFonts: true,
  });
  pdf.setProperties({ title, creator: "ANPyC Dashboard" });
  pdf.addFileToVFS(`${font.family}.ttf`, font.ttf);
  for (const weight of ["normal", "bold"]) pdf.addFont(`${font.family}.ttf`, font.family, weight);
  const root = parsed(svg);
  root.querySelector("style")?.remove();
  const shelf = document.createElement("div");
  shelf.style.cssText = "position:absolute;visibility:hidden;pointer-events:none";
  shelf.append(root);
  document.body.append(shelf);
  try {
    await svg2pdf(root, pdf, { x: 0, y: 0, width: width_mm, height: height_mm });
  } finally {
    shelf.remove();
  }
  return pdf.output("arraybuffer");
}

/** On white, ``scale`` dots for each dot of a screen. */
export async function pngOf(svg: string, sheet: Sheet, font: Font, scale: number): Promise<Blob> {
  const { text, letters, width, height } = proofed(svg, font);
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const picture = await pictureAt(address);
    const proof = canvasOf(Math.max(1, letters) * PROOF, PROOF);
    const isSet = () => {
      proof.drawImage(picture, 0, -height, width, height + PROOF);
      return cellsOf(proof, letters).every((dots) => dots.some((dot) => dot > 0));
    };
    for (let tries = 0; tries < 200 && !isSet(); tries += 1)
      await new Promise((next) => setTimeout(next, 20));
    const dots = (mm: number) => Math.round((mm / MM_PER_INCH) * 96 * scale);
    const paper = canvasOf(dots(sheet.width_mm), dots(sheet.height_mm));
    const { canvas } = paper;
    paper.drawImage(picture, 0, 0, canvas.width, (canvas.height * (height + PROOF)) / height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("The picture is too large to be drawn.");
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Below the figure a letter from each part of the font: a browser sets words of a picture once it has read the
 * fonts in it, and tells nobody when that is. */
function proofed(svg: string, font: Font): { text: string; letters: number; width: number; height: number } {
  const root = parsed(svg);
  const [, , width, height] = (root.getAttribute("viewBox") ?? "").split(" ").map(Number) as number[];
  const words = wordsOf(root);
  const letters = partsFor(font, words).map(({ range }) =>
    Array.from(words).find((letter) => letter.trim() && isIn(range, letter.codePointAt(0) ?? 0)),
  );
  letters.forEach((letter, place) => {
    const element = document.createElementNS(SVG, "text");
    element.setAttribute("x", String(place * PROOF + 4));
    element.setAttribute("y", String((height ?? 0) + PROOF - 6));
    element.setAttribute("style", `font-family:"${font.family}";font-size:16px`);
    element.textContent = letter ?? "";
    root.append(element);
  });
  root.setAttribute("viewBox", `0 0 ${width} ${(height ?? 0) + PROOF}`);
  const share = ((height ?? 0) + PROOF) / (height ?? 1);
  root.setAttribute("height", `${Number.parseFloat(root.getAttribute("height") ?? "") * share}mm`);
  const text = new XMLSerializer().serializeToString(root);
  return { text, letters: letters.filter(Boolean).length, width: width ?? 0, height: height ?? 0 };
}

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser gives no canvas to draw on.");
  return context;
}

function cellsOf(context: CanvasRenderingContext2D, cells: number): Uint8ClampedArray[] {
  return Array.from({ length: cells }, (_, cell) => context.getImageData(cell * PROOF, 0, PROOF, PROOF).data);
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}
