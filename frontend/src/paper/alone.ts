/** The script of the page that the server has a browser draw: the figure goes in, the file comes out. */

import { type Font, type PaperFigure, pdfOf, pngOf, svgOf } from "./print";

interface Job {
  figure: PaperFigure;
  font: Font;
  form: "svg" | "pdf" | "png";
  scale: number;
}

declare const Plotly: Parameters<typeof svgOf>[0];

async function file({ figure, font, form, scale }: Job): Promise<Blob> {
  const sheet = figure.layout.meta.paper;
  const svg = await svgOf(Plotly, figure, font);
  if (form === "pdf") return new Blob([await pdfOf(svg, sheet, font)]);
  return form === "png" ? pngOf(svg, sheet, font, scale) : new Blob([svg]);
}

/** Sends the file to where the page came from. */
export async function print(job: Job): Promise<void> {
  const body = await file(job).catch((failure: unknown) => new Blob([`failed: ${failure}`]));
  await fetch(window.location.href, { method: "POST", body });
}
