import { Marked } from "marked";
import type { Plugin } from "vite";

export interface Heading {
  depth: number;
  text: string;
  /** What an address ends with to lead to it, as GitHub makes it. */
  anchor: string;
}

/** The part of a heading that stands in an address: "Average accuracy" → average-accuracy. */
export function anchorOf(text: string): string {
  const kept = text.toLowerCase().replace(/[^\p{L}\p{N}\s-]/gu, "");
  return kept.trim().replace(/\s+/g, "-");
}

/** A page of our own as HTML, its headings with anchors. */
export function rendered(markdown: string): { html: string; headings: Heading[] } {
  const headings: Heading[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        const anchor = anchorOf(text);
        headings.push({ depth, text, anchor });
        return `<h${depth} id="${anchor}">${text}</h${depth}>\n`;
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  // A wide table scrolls by itself, by keyboard too.
  return { html: html.replaceAll("<table>", '<table tabindex="0">'), headings };
}

/** Turns an imported Markdown file into its HTML while the page is built: no browser loads a parser for it. */
export function markdown(): Plugin {
  return {
    name: "markdown",
    transform(text, id) {
      if (!id.endsWith(".md")) return;
      const { html, headings } = rendered(text);
      const code = `export const html = ${JSON.stringify(html)};\nexport const headings = ${JSON.stringify(headings)};\n`;
      return { code, map: null, moduleType: "js" };
    },
  };
}
