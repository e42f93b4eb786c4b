import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { MetricTip } from "../text/MetricTip";
import classes from "./RunsTable.module.css";

interface HeadingProps {
  column: { title: string; sort?: string; number?: boolean; metric?: string };
  sort: string;
  onSort: (sort: string) => void;
}

/** The head of a column, which sorts where the server can, with a mark where its number needs an explanation. */
export function Heading({ column: { title, sort: by, number, metric }, sort, onSort }: HeadingProps) {
  const className = number ? classes.number : undefined;
  if (!by)
    return (
      <th scope="col" className={className}>
        {title}
      </th>
    );
  const direction = sort === by ? "ascending" : sort === `-${by}` ? "descending" : undefined;
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <span className={classes.head}>
        {metric && <MetricTip name={metric} />}
        <button
          type="button"
          className={classes.sort}
          data-active={direction !== undefined || undefined}
          title={metric && "Unfinished runs come last, whichever way."}
          onClick={() => onSort(direction === "descending" ? by : `-${by}`)}
        >
          {title}
          <Arrow size={13} aria-hidden />
        </button>
      </span>
    </th>
  );
}
