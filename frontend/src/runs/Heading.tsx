import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { CSSProperties, KeyboardEvent, PointerEvent } from "react";
import { MetricTip } from "../text/MetricTip";
import classes from "./RunsTable.module.css";

interface HeadingProps {
  column: { title: string; sort?: string; number?: boolean; metric?: string };
  sort: string;
  onSort: (sort: string) => void;
  /** Sets the width in pixels; without a width, as it was at first. */
  onResize?: (width: number | undefined) => void;
  /** Where a pinned column stays. */
  style?: CSSProperties;
}

/** The head of a column, which sorts where the server can, with a mark where its number needs an explanation. */
export function Heading({ column, sort, onSort, onResize, style }: HeadingProps) {
  const { title, sort: by, number, metric } = column;
  const className = number ? classes.number : undefined;
  const handle = onResize && <Handle title={title} onResize={onResize} />;
  const pinned = style && { style, "data-pinned": true };
  if (!by)
    return (
      <th scope="col" className={className} {...pinned}>
        {title}
        {handle}
      </th>
    );
  const direction = sort === by ? "ascending" : sort === `-${by}` ? "descending" : undefined;
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" className={className} aria-sort={direction} {...pinned}>
      <span className={classes.head}>
        {metric && <MetricTip name={metric} />}
        <button
          type="button"
          className={classes.sort}
          data-active={direction !== undefined || undefined}
          title={metric ? "Unfinished runs come last, whichever way." : title}
          onClick={() => onSort(direction === "descending" ? by : `-${by}`)}
        >
          {title}
          <Arrow size={13} aria-hidden />
        </button>
      </span>
      {handle}
    </th>
  );
}

const STEP = 16;

/** The edge by which a column is made wider: dragged, moved by arrows, set back by a double click. */
function Handle({ title, onResize }: { title: string; onResize: (width: number | undefined) => void }) {
  const widthOf = (handle: Element) => handle.closest("th")?.getBoundingClientRect().width ?? 0;
  const drag = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const handle = event.currentTarget;
    const from = event.clientX;
    const width = widthOf(handle);
    handle.setPointerCapture(event.pointerId);
    const moved = (now: globalThis.PointerEvent) => onResize(width + now.clientX - from);
    handle.addEventListener("pointermove", moved);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", moved), {
      once: true,
    });
  };
  const key = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    onResize(widthOf(event.currentTarget) + (event.key === "ArrowLeft" ? -STEP : STEP));
  };
  return (
    <button
      type="button"
      className={classes.handle}
      aria-label={`Width of ${title}`}
      title="Drag, or press ← →; a double click sets it back"
      onPointerDown={drag}
      onKeyDown={key}
      onDoubleClick={() => onResize(undefined)}
    />
  );
}
