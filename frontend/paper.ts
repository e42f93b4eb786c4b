import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const base64 = (file: string) => readFileSync(file).toString("base64");

/** What a figure for print may be set in: package of the TTF for PDF, its file, package of the parts for SVG. */
const FONTS = {
  sans: ["Arimo", "@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf", "@fontsource/arimo"],
  serif: ["Tinos", "@expo-google-fonts/tinos/400Regular/Tinos_400Regular.ttf", "@fontsource/tinos"],
  stix: [
    "STIX Two Text",
    "@expo-google-fonts/stix-two-text/400Regular/STIXTwoText_400Regular.ttf",
    "@fontsource/stix-two-text",
  ],
} as const;

/** The font as the page and the server's browser take it: whole for PDF, in parts by script for SVG. */
function font([family, ttf, parts]: (typeof FONTS)[keyof typeof FONTS]): string {
  const sheet = require.resolve(`${parts}/400.css`);
  const rules = readFileSync(sheet, "utf8").matchAll(/url\(([^)]+\.woff2)\)[^}]*unicode-range: ([^;]+);/g);
  const subsets = Array.from(rules, ([, file, range]) => ({
    range,
    woff2: base64(join(dirname(sheet), file as string)),
  }));
  return JSON.stringify({ family, ttf: base64(require.resolve(ttf)), subsets });
}

function made(): Record<string, () => string> {
  const fonts = Object.entries(FONTS).map(([name, files]) => [`print/${name}.json`, () => font(files)]);
  const plotly = () => readFileSync(require.resolve("plotly.js-cartesian-dist-min"), "utf8");
  return Object.fromEntries([...fonts, ["print/plotly.js", plotly]]);
}

/** Puts what figures are printed with beside the page: fonts, and plotly for files that stand alone. */
export function paper(): Plugin {
  return {
    name: "paper",
    generateBundle() {
      for (const [fileName, source] of Object.entries(made()))
        this.emitFile({ type: "asset", fileName, source: source() });
    },
  };
}

const NOTHING = join(import.meta.dirname, "src/paper/nothing.ts");
/** jsPDF would load these to turn HTML into pictures, which nobody here asks for. */
export const unused = Object.fromEntries(
  ["html2canvas", "dompurify", "canvg"].map((name) => [name, NOTHING]),
);
