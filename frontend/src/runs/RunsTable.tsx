import { Checkbox, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import {
  createColumnHelper,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { RunSummary } from "../api/types";
import { COLUMN_INFO } from "./columns";
import classes from "./RunsTable.module.css";
import type { Column } from "./view";

const features = tableFeatures({ rowSelectionFeature });
const helper = createColumnHelper<typeof features, RunSummary>();
const ROW = 38;

interface RunsTableProps {
  runs: RunSummary[];
  columns: readonly Column[];
  sort: string;
  onSort: (sort: string) => void;
  selected: RowSelectionState;
  onSelected: (selected: RowSelectionState) => void;
  hasMore: boolean;
  onMore: () => void;
}

/** The list as a table whose rows exist only while they are in view. */
export function RunsTable(props: RunsTableProps) {
  const { runs, columns, sort, onSort, selected, onSelected, hasMore, onMore } = props;
  const definitions = useMemo(
    () =>
      helper.columns(
        columns.map((column) =>
          helper.display({ id: column, cell: ({ row }) => COLUMN_INFO[column].cell(row.original) }),
        ),
      ),
    [columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: runs,
    getRowId: (run) => run.id,
    state: { rowSelection: selected },
    onRowSelectionChange: (change) => onSelected(typeof change === "function" ? change(selected) : change),
  });
  const rows = table.getRowModel().rows;

  const body = useRef<HTMLTableElement>(null);
  const [offset, setOffset] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands above the table may change with the rows.
  useEffect(() => setOffset(body.current?.offsetTop ?? 0), [rows.length]);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    overscan: 20,
    scrollMargin: offset,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - 40) onMore();
  }, [hasMore, last, rows.length, onMore]);

  const anchor = useRef<number | null>(null);
  const choose = (index: number, shift: boolean) => {
    const next = { ...selected };
    const id = rows[index]?.id;
    if (!id) return;
    const value = !next[id];
    const from = shift && anchor.current !== null ? anchor.current : index;
    for (let i = Math.min(from, index); i <= Math.max(from, index); i += 1) {
      const row = rows[i];
      if (!row) continue;
      if (value) next[row.id] = true;
      else delete next[row.id];
    }
    anchor.current = index;
    onSelected(next);
  };

  const before = (items[0]?.start ?? offset) - offset;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? offset) - offset);
  const all = table.getIsAllRowsSelected();
  const some = table.getIsSomeRowsSelected();
  return (
    <table className={classes.table} ref={body} aria-rowcount={rows.length} data-testid="runs">
      <colgroup>
        <col style={{ width: 40 }} />
        {columns.map((column) => (
          <col key={column} style={{ width: COLUMN_INFO[column].width }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <th scope="col">
            <Checkbox
              aria-label={all ? "Select none" : "Select all shown"}
              checked={all}
              indeterminate={some && !all}
              onChange={() => onSelected(all ? {} : Object.fromEntries(rows.map((row) => [row.id, true])))}
            />
          </th>
          {columns.map((column) => (
            <Heading key={column} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {before > 0 && <tr aria-hidden style={{ height: before }} />}
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <tr
              key={row.id}
              aria-rowindex={item.index + 1}
              data-selected={selected[row.id] || undefined}
              data-testid="run-row"
              data-run={row.id}
            >
              <td>
                <Checkbox
                  aria-label={`Select ${row.original.name}`}
                  checked={selected[row.id] ?? false}
                  onChange={() => {}}
                  onClick={(event) => choose(item.index, event.shiftKey)}
                />
              </td>
              {row.getAllCells().map((cell) => (
                <td
                  key={cell.id}
                  className={COLUMN_INFO[cell.column.id as Column].number ? classes.number : ""}
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          );
        })}
        {after > 0 && <tr aria-hidden style={{ height: after }} />}
      </tbody>
    </table>
  );
}

interface HeadingProps {
  column: Column;
  sort: string;
  onSort: (sort: string) => void;
}

function Heading({ column, sort, onSort }: HeadingProps) {
  const { title, sort: by, number, help } = COLUMN_INFO[column];
  const className = number ? classes.number : "";
  const direction = sort === by ? "ascending" : sort === `-${by}` ? "descending" : undefined;
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
