import { type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type DragEvent,
  type RefObject,
  startTransition,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { RunSummary } from "../api/types";
import { drag } from "../projects/dragging";
import { useKeys } from "../shell/useKeys";
import { plural } from "../text/numbers";
import { moved } from "./columnOrder";
import type { Formats } from "./formats";
import { Heading } from "./Heading";
import { RunRow } from "./RunRow";
import classes from "./RunsTable.module.css";
import { NOTHING, type Selection, toggled } from "./selection";
import { SELECT_WIDTH, useColumns } from "./useColumns";
import { useWidths } from "./widths";

const ROW = 38;
/** Rows kept ready above and below the window: the compositor scrolls on while the page still draws. */
const READY = 50;
/** The same before the first frame: nobody has scrolled yet, and rows out of sight would only delay it. */
const READY_AT_FIRST = 4;
/** Rows come and go by so many at once, so that most steps of a scroll change nothing in the page. */
const TOGETHER = 20;
/** So many rows before the last one loaded, more are asked for; not before the first ones are painted. */
const AHEAD = 120;

interface RunsTableProps {
  runs: RunSummary[];
  total: number;
  /** Fields, in their order. */
  columns: readonly string[];
  /** Those of them that stay in view. */
  pinned: readonly string[];
  formats: Formats;
  /** Sets which columns there are, in their order. */
  onColumns: (columns: string[]) => void;
  /** Whether the screen is wider than the columns need. */
  roomy: boolean;
  sort: string;
  onSort: (sort: string) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  hasMore: boolean;
  onMore: () => void;
}

/** The list as a table whose rows exist only while they are in reach. */
export function RunsTable(props: RunsTableProps) {
  const { runs, total, sort, onSort, selection, onSelection, hasMore, onMore } = props;
  const [widths, setWidth] = useWidths();
  const { columns, width } = useColumns(props.columns, props.pinned, widths, props.roomy, props.formats);
  const body = useRef<HTMLTableElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const wide = useWider(frame, width);
  const [offset, setOffset] = useState(0);
  // What stands above the table may change with any drawing.
  useLayoutEffect(() => setOffset(topOf(body.current)));
  useHeadInView(body, wide);
  const settled = useAfterPaint();
  // The same as long as the runs are: for a new one every row's place is worked out again.
  const getItemKey = useCallback((index: number) => runs[index]?.id ?? index, [runs]);
  const virtual = useWindowVirtualizer({
    count: runs.length,
    estimateSize: rowHeight,
    rangeExtractor: settled ? reach : reachAtFirst,
    scrollMargin: offset,
    getItemKey,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (settled && hasMore && last >= runs.length - AHEAD) onMore();
  }, [settled, hasMore, last, runs.length, onMore]);

  const latest = useRef({ runs, selection, onSelection });
  latest.current = { runs, selection, onSelection };
  const anchor = useRef<number | null>(null);
  const choose = useCallback((index: number, shift: boolean) => {
    const now = latest.current;
    now.onSelection(toggled(now.selection, now.runs, index, shift ? anchor.current : null));
    anchor.current = index;
  }, []);

  const dragRows = (event: DragEvent) => {
    const id = (event.target as Element).closest<HTMLElement>("tr[data-run]")?.dataset.run;
    if (!id) return;
    const chosen = latest.current.selection;
    const keys = chosen.has(id) ? [...chosen.keys()] : [id];
    drag(event, keys, plural(keys.length, "run"));
  };

  const step = (by: 1 | -1) => {
    const from = focusedRow();
    const index = Math.max(0, Math.min(runs.length - 1, from === null ? firstInView() : from + by));
    virtual.scrollToIndex(index, { align: "auto" });
    // At once where the row is there, so that a key right after this one finds the focus.
    if (!focusRow(index)) requestAnimationFrame(() => focusRow(index));
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    x: () => {
      const index = focusedRow();
      if (index !== null) choose(index, false);
    },
  });

  const before = (items[0]?.start ?? offset) - offset;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? offset) - offset);
  const all = runs.length > 0 && runs.every((run) => selection.has(run.id));
  const anyPinned = columns[0]?.pinned && { style: { left: 0 }, "data-pinned": true };
  return (
    <div className={classes.frame} ref={frame} data-wide={wide || undefined} tabIndex={wide ? 0 : undefined}>
      <table
        className={classes.table}
        ref={body}
        aria-rowcount={total + 1}
        data-testid="runs"
        style={{ minWidth: width }}
      >
        <colgroup>
          <col style={{ width: SELECT_WIDTH }} />
          {columns.map((column) => (
            <col key={column.name} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" {...anyPinned}>
              <input
                type="checkbox"
                className={classes.check}
                aria-label={all ? "Select none" : "Select all loaded runs"}
                checked={all}
                ref={(box) => {
                  if (box) box.indeterminate = selection.size > 0 && !all;
                }}
                onChange={() => onSelection(all ? NOTHING : new Map(runs.map((run) => [run.id, run])))}
              />
            </th>
            {columns.map((column) => (
              <Heading
                key={column.name}
                column={column}
                sort={sort}
                onSort={onSort}
                onResize={(width) => setWidth(column.name, width)}
                onMove={(to) => props.onColumns(moved(props.columns, column.name, to))}
                {...(column.pinned && { style: column.pinned })}
              />
            ))}
          </tr>
        </thead>
        <tbody onDragStart={dragRows}>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {items.map((item) => {
            const run = runs[item.index];
            return (
              run && (
                <RunRow
                  key={run.id}
                  run={run}
                  index={item.index}
                  columns={columns}
                  selected={selection.has(run.id)}
                  onChoose={choose}
                />
              )
            );
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

function topOf(table: HTMLElement | null): number {
  return table ? table.getBoundingClientRect().top + window.scrollY : 0;
}

/** Whether the columns need more room than there is. */
function useWider(frame: RefObject<HTMLElement | null>, width: number): boolean {
  const [room, setRoom] = useState(window.innerWidth);
  useLayoutEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame]);
  return width > room;
}

/** What scrolls sideways cannot also stick to the window: the head is moved along as the page scrolls. */
function useHeadInView(table: RefObject<HTMLTableElement | null>, wide: boolean): void {
  useEffect(() => {
    const head = table.current?.tHead;
    if (!head || !wide) return;
    const move = () => {
      const above = BAR - (table.current?.getBoundingClientRect().top ?? BAR);
      head.style.setProperty("--moved", `${Math.max(0, above)}px`);
    };
    move();
    window.addEventListener("scroll", move, { passive: true });
    return () => {
      window.removeEventListener("scroll", move);
      head.style.removeProperty("--moved");
    };
  }, [table, wide]);
}

/** The page's bar. */
const BAR = 46;

/** The rows in view and those kept ready around them, in whole batches. */
function reach({ startIndex, endIndex, count }: Range): number[] {
  const from = Math.max(0, Math.floor((startIndex - READY) / TOGETHER) * TOGETHER);
  const to = Math.min(count, Math.ceil((endIndex + 1 + READY) / TOGETHER) * TOGETHER);
  return indices(from, to);
}

function reachAtFirst({ startIndex, endIndex, count }: Range): number[] {
  return indices(Math.max(0, startIndex - READY_AT_FIRST), Math.min(count, endIndex + 1 + READY_AT_FIRST));
}

const rowHeight = () => ROW;

const indices = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => from + place);

/** False until the first frame has been painted. */
function useAfterPaint(): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => startTransition(() => setPainted(true)), 0);
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  return painted;
}

function focusedRow(): number | null {
  const row = document.activeElement?.closest<HTMLElement>("tr[data-index]");
  return row ? Number(row.dataset.index) : null;
}

/** The first row that the page's bar and the table's head leave in view. */
function firstInView(): number {
  const rows = document.querySelectorAll<HTMLElement>("tr[data-index]");
  const first = [...rows].find((row) => row.getBoundingClientRect().top >= HEAD);
  return Number(first?.dataset.index ?? 0);
}

const HEAD = 78;

/** False where the row is not in the page yet. */
function focusRow(index: number): boolean {
  const link = document.querySelector<HTMLElement>(`tr[data-index="${index}"] a`);
  link?.focus({ preventScroll: true });
  return link !== null;
}
