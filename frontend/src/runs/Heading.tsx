import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { type CSSProperties, type DragEvent, type KeyboardEvent, type PointerEvent, useState } from "react";
import { MetricTip } from "../text/MetricTip";
import type { To } from "./columnOrder";
import classes from "./RunsTable.module.css";

const TYPE = "application/x-anpyc-column";

interface HeadingProps {
  column: { name?: string; title: string; sort?: string; hint?: string; number?: boolean; metric?: string };
  sort: string;
  onSort: (sort: string) => void;
  /** Sets the width in pixels; without a width, as it was at first. */
  onResize?: (width: number | undefined) => void;
  /** Moves the column: dragged onto another's head, or by Shift and an arrow. */
  onMove?: (to: To) => void;
  /** Where a pinned column stays. */
  style?: CSSProperties;
}

/** The column whose head is being dragged, and how to move it. */
let dragged: { name: string; move: (to: To) => void } | null = null;

/** The head of a column, which sorts where the server can, with a mark where its number needs an explanation. */
export function Heading({ column, sort, onSort, onResize, onMove, style }: HeadingProps) {
  const { name, title, sort: by, hint, number, metric } = column;
  const [over, setOver] = useState(false);
  const className = number ? classes.number : undefined;
  const handle = onResize && <Handle title={title} onResize={onResize} />;
  const pinned = style && { style, "data-pinned": true };
  const target = onMove &&
    name && {
      "data-over": over || undefined,
      onDragOver: (event: DragEvent) => {
        if (!dragged || !event.dataTransfer.types.includes(TYPE)) return;
        event.preventDefault();
        setOver(dragged.name !== name);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        setOver(false);
        if (!dragged || !event.dataTransfer.types.includes(TYPE)) return;
        event.preventDefault();
        if (dragged.name !== name) dragged.move({ at: name });
      },
    };
  const source = onMove &&
    name && {
      draggable: true,
      onDragStart: (event: DragEvent) => {
        event.dataTransfer.effectAllowed = "move" as const;
        event.dataTransfer.setData(TYPE, name);
        dragged = { name, move: onMove };
      },
      onDragEnd: () => {
        dragged = null;
      },
      onKeyDown: (event: KeyboardEvent) => {
        if (!event.shiftKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
        event.preventDefault();
        onMove(event.key === "ArrowLeft" ? -1 : 1);
      },
    };
  if (!by)
    return (
      <th scope="col" className={className} {...target} {...pinned}>
        <span className={classes.head} title={hint} {...source} onKeyDown={undefined}>
          {title}
        </span>
        {handle}
      </th>
    );
  const direction = sort === by ? "ascending" : sort === `-${by}` ? "descending" : undefined;
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" className={className} aria-sort={direction} {...target} {...pinned}>
      <span className={classes.head} {...source}>
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
