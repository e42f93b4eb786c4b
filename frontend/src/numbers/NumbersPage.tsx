import { useEffect } from "react";
import { headings, html } from "../../../docs/numbers.md";
import classes from "./NumbersPage.module.css";

const LISTED = headings.filter(({ depth }) => depth > 1);

/** What every number means: the page of the guide that all their marks lead to. It needs no network. */
export function NumbersPage() {
  useEffect(() => {
    document.title = "What the numbers mean · ANPyC Dashboard";
  }, []);
  return (
    <div className={classes.page}>
      <nav className={classes.contents} aria-label="On this page">
        <ul>
          {LISTED.map(({ anchor, depth, text }) => (
            <li key={anchor} data-depth={depth}>
              <a href={`#${anchor}`}>{text}</a>
            </li>
          ))}
        </ul>
      </nav>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: our own page, made from docs/numbers.md at the build. */}
      <article className={classes.text} data-testid="numbers" dangerouslySetInnerHTML={{ __html: html }} />
    </div>
  );
}
