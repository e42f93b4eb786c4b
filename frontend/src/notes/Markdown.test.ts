import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Markdown, MOST_LAID_OUT } from "./Markdown";

const html = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

describe("a note", () => {
  it("has links, lists, tables and formulas", () => {
    expect(html("[a paper](https://arxiv.org/abs/1)")).toContain(
      '<a href="https://arxiv.org/abs/1" rel="noopener noreferrer" target="_blank">a paper</a>',
    );
    expect(html("| a | b |\n|---|---|\n| 1 | 2 |")).toContain("<td>2</td>");
    const formula = html("so that $\\lambda \\Omega^2$ holds\n\n$$\n\\sum_i x_i\n$$");
    expect(formula).toContain('class="katex"');
    expect(formula).toContain('class="katex-display"');
    expect(html("so\n\n$$\\sum_i x_i$$\n\nthat")).toContain('class="katex-display"');
    expect(html("so $$x$$ that")).not.toContain("katex-display");
  });

  it("stands below the headings of the page", () => {
    expect(html("# First")).toContain("<h3>First</h3>");
  });

  it.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "<svg onload=alert(1)>",
    "a <b onclick='alert(1)'>b</b>",
  ])("shows HTML as it is written: %s", (hostile) => {
    const made = html(hostile);
    expect(made).not.toMatch(/<(script|img|iframe|svg|b)\b/);
    expect(made).not.toMatch(/<[^>]+\son\w+=/);
  });

  it.each([
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "[a]: javascript:alert(1)\n\n[a]",
  ])("leads nowhere that runs code: %s", (hostile) => {
    expect(html(hostile)).not.toMatch(/(href|src)="[^"]*(script|data):/i);
  });

  it("shows images of this dashboard and asks nobody else for one", () => {
    expect(html("![mask](/api/figure.png)")).toContain('<img src="/api/figure.png" alt="mask"');
    for (const address of ["https://evil.example/pixel.png", "//evil.example/pixel.png"]) {
      const made = html(`![seen](${address})`);
      expect(made).not.toContain("<img");
      expect(made).toContain(">seen</a>");
    }
  });

  it.each([
    "$\\href{javascript:alert(1)}{a}$",
    "$\\htmlStyle{position:fixed}{a}$",
    "$\\includegraphics{https://evil.example/a.png}$",
    "$\\url{javascript:alert(1)}$",
    "$\\class{x}{a}$",
  ])("trusts no formula: %s", (hostile) => {
    const made = html(hostile);
    expect(made).not.toMatch(/<(a|img)\b/);
    expect(made).not.toMatch(/style="[^"]*position:fixed/);
  });

  it("shows a formula that is none, and one that never ends, as an error", () => {
    expect(html("$\\frac{1}{$")).toContain("katex-error");
    expect(html("$\\def\\a{\\a\\a}\\a$")).toContain("katex-error");
  });

  it("takes what is long and deep", () => {
    for (const hostile of [">".repeat(200), "* ".repeat(100), "[".repeat(1_000), "$".repeat(1_000)])
      expect(html(hostile).length).toBeGreaterThan(0);
    expect(html(`*a* ${"a".repeat(MOST_LAID_OUT)}`)).toContain("*a* aaa");
  });
});
