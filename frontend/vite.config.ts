import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { markdown } from "./markdown.ts";
import { unused } from "./paper.ts";

const server = `http://127.0.0.1:${process.env.ANPYC_PORT ?? "8000"}`;

export default defineConfig({
  plugins: [react(), markdown()],
  resolve: { alias: unused },
  base: "./", // wherever a proxy shows the dashboard; see src/root.ts
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 2_000, // plotly, which is loaded only when a chart is first shown
  },
  server: {
    // The server answers only to Hosts and Origins it knows, so the proxy speaks in its name.
    proxy: {
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
      "/print": { target: server },
    },
    fs: { allow: [".", "../docs"] },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
