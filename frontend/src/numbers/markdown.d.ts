/** A Markdown file, made into HTML while the page is built; see `markdown.ts` beside `vite.config.ts`. */
declare module "*.md" {
  export const html: string;
  export const headings: import("../../markdown").Heading[];
}
