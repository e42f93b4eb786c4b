import { memo } from "react";
import type { RunSummary } from "../api/types";
import classes from "./RunsTable.module.css";
import type { PlacedColumn } from "./useColumns";

interface RunRowProps {
  run: RunSummary;
  index: number;
  columns: readonly PlacedColumn[];
  selected: boolean;
  /** The same function for as long as the table lives, so that a row is drawn again only when it changes. */
  onChoose: (index: number, shift: boolean) => void;
}

/** One run as a row. While the table scrolls, only rows that come into reach are drawn. */
export const RunRow = memo(function RunRow({ run, index, columns, selected, onChoose }: RunRowProps) {
  return (
    <tr
      aria-rowindex={index + 2}
      data-index={index}
      data-selected={selected || undefined}
      data-testid="run-row"
      data-run={run.id}
    >
      <td
        draggable
        title="Drag onto a project"
        className={classes.grip}
        data-pinned={columns[0]?.pinned && true}
        style={columns[0]?.pinned && { left: 0 }}
      >
        <input
          type="checkbox"
          className={classes.check}
          aria-label={`Select ${run.name}`}
          checked={selected}
          onChange={() => {}}
          onClick={(event) => onChoose(index, event.shiftKey)}
        />
      </td>
      {columns.map((column) => (
        <td
          key={column.name}
          className={column.number ? classes.number : undefined}
          data-pinned={column.pinned && true}
          style={column.pinned}
        >
          {column.cell(run)}
        </td>
      ))}
    </tr>
  );
});
