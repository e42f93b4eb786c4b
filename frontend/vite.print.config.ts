import { defineConfig } from "vite";
import { paper, unused } from "./paper.ts";

/** What figures are printed with, beside the page: fonts, plotly for files that stand alone, and the one script with
 * which the server has a browser draw. */
export default defineConfig({
  plugins: [paper()],
  resolve: { alias: unused },
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: false,
    lib: { entry: "src/paper/alone.ts", formats: ["iife"], name: "anpyc", fileName: () => "print/print.js" },
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
