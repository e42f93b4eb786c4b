import { Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../api/client";
import type { FigureParams } from "../api/queries";
import { Figure } from "../plot/Figure";
import { type Part, shownQuery } from "./queries";
import classes from "./Reports.module.css";

const HEIGHT = "360px";

/** A report as it is read: its figures are those of the rest of the page, and as live. */
export function Shown({ text }: { text: string }) {
  const [settled] = useDebouncedValue(text, 350);
  const query = useQuery(shownQuery(settled));
  if (query.error) return <p role="alert">{messageOf(query.error)}</p>;
  if (!query.data)
    return <Skeleton height={420} radius={6} role="status" aria-label="The report is loading" />;
  return (
    <article className={classes.shown} data-testid="report-shown">
      {query.data.parts.map((part, place) => (
        // Parts have no name but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: the order is what they are
        <Piece key={place} part={part} />
      ))}
    </article>
  );
}

function Piece({ part }: { part: Part }) {
  if (part.kind === "problem")
    return (
      <p role="alert" className={classes.problem}>
        {part.message}
      </p>
    );
  return (
    <>
      {part.figure && (
        <Figure
          name={part.figure.name}
          title={part.figure.title}
          runs={part.figure.runs}
          params={part.figure.options as FigureParams}
          height={HEIGHT}
        />
      )}
      <div
        className={part.figure ? classes.caption : undefined}
        // biome-ignore lint/security/noDangerouslySetInnerHtml: made by the server from Markdown, in which HTML is text
        dangerouslySetInnerHTML={{ __html: part.html }}
      />
    </>
  );
}
