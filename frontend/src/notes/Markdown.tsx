import "katex/dist/katex.min.css";
import { Component, type ComponentProps, memo, type ReactNode } from "react";
import ReactMarkdown, { type Components, defaultUrlTransform } from "react-markdown";
import rehypeKatex from "rehype-katex";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import classes from "./Note.module.css";

/** Nobody's note can grow over the page, run others' code or ask somebody else's server for anything. */
const KATEX = { throwOnError: false, trust: false, strict: "ignore", maxSize: 20, maxExpand: 200 } as const;
const REMARK: ComponentProps<typeof ReactMarkdown>["remarkPlugins"] = [remarkGfm, remarkMath, displayed];
const REHYPE: ComponentProps<typeof ReactMarkdown>["rehypePlugins"] = [[rehypeKatex, KATEX]];

interface Node {
  type: string;
  children?: Node[];
  position?: { start: { offset?: number } };
  data?: { hProperties?: { className?: string[] } };
}

/** `$$…$$` alone in a paragraph stands on a line of its own, as people expect who know TeX. */
function displayed() {
  return (tree: Node, file: unknown) => {
    const source = String(file);
    for (const paragraph of tree.children ?? []) {
      const [formula, ...others] = paragraph.children ?? [];
      const at = formula?.position?.start.offset;
      if (paragraph.type !== "paragraph" || formula?.type !== "inlineMath" || others.length > 0) continue;
      if (at === undefined || !source.startsWith("$$", at)) continue;
      formula.data = { ...formula.data, hProperties: { className: ["language-math", "math-display"] } };
    }
  };
}

/** An image of this dashboard; any other is named, and not fetched. */
export function isOwnImage(address: string | undefined): address is string {
  if (!address) return false;
  try {
    const page = globalThis.location?.href ?? "http://localhost/";
    const url = new URL(address, page);
    return url.origin === new URL(page).origin && /^https?:$/.test(url.protocol);
  } catch {
    return false;
  }
}

const COMPONENTS: Components = {
  a: ({ href, title, children }) => (
    <a
      href={href}
      title={title}
      rel="noopener noreferrer"
      target={href?.startsWith("#") ? undefined : "_blank"}
    >
      {children}
    </a>
  ),
  img: ({ src, alt, title }) => {
    const address = typeof src === "string" ? src : undefined;
    if (isOwnImage(address)) return <img src={address} alt={alt ?? ""} title={title} loading="lazy" />;
    if (!address) return <>{alt}</>;
    return (
      <a href={address} rel="noopener noreferrer" target="_blank">
        {alt || address}
      </a>
    );
  },
  // A note stands below headings of the page.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  h5: ({ children }) => <h6>{children}</h6>,
  // What is wider than the page scrolls, by keyboard as well.
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className={classes.wide} aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </section>
  ),
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <pre className={classes.wide} tabIndex={0}>
      {children}
    </pre>
  ),
};

/** Characters of what is laid out: more would keep the page busy for seconds. */
export const MOST_LAID_OUT = 20_000;

/** Markdown with tables, links and formulas. HTML in it is shown as it is written; so is all of what is too long, or
nested too deeply, to be laid out. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const plain = (
    <p className={classes.plain} dir="auto">
      {text}
    </p>
  );
  if (text.length > MOST_LAID_OUT) return plain;
  return (
    <Otherwise fallback={plain} key={text}>
      <div className={classes.markdown} dir="auto">
        <ReactMarkdown
          remarkPlugins={REMARK}
          rehypePlugins={REHYPE}
          components={COMPONENTS}
          urlTransform={defaultUrlTransform}
        >
          {text}
        </ReactMarkdown>
      </div>
    </Otherwise>
  );
});

class Otherwise extends Component<{ children: ReactNode; fallback: ReactNode }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
