import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { duration } from "../text/time";
import type { StudyRow } from "./queries";
import classes from "./Study.module.css";

/** One row for each setting of a method, one cell for each seed. */
export function Matrix({ rows, timed }: { rows: StudyRow[]; timed: boolean }) {
  const several = new Set(rows.map(({ on }) => on)).size > 1;
  return (
    <div className={classes.scroll}>
      <table className={classes.matrix} data-testid="study-matrix">
        <thead>
          <tr>
            <th scope="col">Method</th>
            {several && <th scope="col">Benchmark</th>}
            {timed && <th scope="col">Each</th>}
            <th scope="col">Seeds</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.on} ${row.method} ${row.varied.join()}`}>
              <th scope="row" dir="auto">
                {row.title} <span className="quiet">{row.varied.join(", ")}</span>
              </th>
              {several && <td>{row.on}</td>}
              {timed && <td>{row.seconds === null ? "not known" : duration(row.seconds)}</td>}
              <td>
                <span className={classes.cells}>
                  {row.cells.map((cell) => (
                    <CellOf key={cell.seed} cell={cell} />
                  ))}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellOf({ cell }: { cell: StudyRow["cells"][number] }) {
  const { run_id, status, seed, reused } = cell;
  if (run_id === null)
    return (
      <Tooltip label={`Seed ${seed}: to be trained`}>
        <span className={classes.cell} data-state="new">
          {seed}
        </span>
      </Tooltip>
    );
  const words = `Seed ${seed}: ${status}${reused ? ", there before and reused" : ""}`;
  return (
    <Tooltip label={words}>
      <Link
        to="/runs/$id"
        params={{ id: run_id }}
        className={classes.cell}
        data-state={status}
        data-reused={reused || undefined}
        aria-label={words}
      >
        {seed}
        {reused && <span aria-hidden>=</span>}
      </Link>
    </Tooltip>
  );
}
