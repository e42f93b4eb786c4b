import { Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import classes from "./RunsTable.module.css";

interface HeadingProps {
  column: { title: string; sort?: string; number?: boolean; help?: string };
  sort: string;
  onSort: (sort: string) => void;
}

/** The head of a column, which sorts where the server can. */
export function Heading({ column: { title, sort: by, number, help }, sort, onSort }: HeadingProps) {
  const className = number ? classes.number : undefined;
  const label = help ? (
    <Tooltip label={help}>
      <span className={classes.explained}>{title}</span>
    </Tooltip>
  ) : (
    title
  );
  if (!by)
    return (
      <th scope="col" className={className}>
        {label}
      </th>
    );
  const direction = sort === by ? "ascending" : sort === `-${by}` ? "descending" : undefined;
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <button
        type="button"
        className={classes.sort}
        data-active={direction !== undefined || undefined}
        onClick={() => onSort(direction === "descending" ? by : `-${by}`)}
      >
        {label}
        <Arrow size={13} aria-hidden />
      </button>
    </th>
  );
}
