import { bytes } from "../text/numbers";
import classes from "./Storage.module.css";

export interface SizeRow {
  title: string;
  bytes: number;
  note?: string;
  /** Whether it is estimated. */
  about?: boolean;
  /** Whether what stands above is in it. */
  total?: boolean;
}

/** What things take, one below the other. */
export function Sizes({ rows }: { rows: readonly SizeRow[] }) {
  return (
    <table className={classes.sizes}>
      <tbody>
        {rows.map((row) => (
          <tr key={row.title} data-total={row.total}>
            <th scope="row">{row.title}</th>
            <td
              className={classes.number}
            >{`${row.about && row.bytes > 0 ? "about " : ""}${bytes(row.bytes)}`}</td>
            <td className={classes.note}>{row.note}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
