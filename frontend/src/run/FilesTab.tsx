import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../api/client";
import { artifactsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Moment } from "../runs/Moment";
import { bytes } from "../text/numbers";
import classes from "./FilesTab.module.css";
import page from "./RunPage.module.css";

/** What the run left behind. */
export function FilesTab({ run }: { run: Run }) {
  const query = useQuery(artifactsQuery(run.id));
  const items = query.data?.items ?? [];
  return (
    <section className={`panel ${page.box}`} aria-label="Files">
      <h2>Files</h2>
      {query.error ? (
        <p role="alert">The files could not be listed. {messageOf(query.error)}</p>
      ) : items.length === 0 ? (
        <p className="quiet">
          {query.data
            ? "The run has left no file yet. Checkpoints appear at every task and pruning round."
            : "Loading"}
        </p>
      ) : (
        <table className={classes.files}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Size</th>
              <th scope="col">SHA-256</th>
              <th scope="col">Written</th>
            </tr>
          </thead>
          <tbody>
            {items.map((file) => (
              <tr key={file.id}>
                <td dir="auto">{file.name}</td>
                <td>{file.kind}</td>
                <td className={classes.number}>{bytes(file.size)}</td>
                <td className="mono" title={file.sha256}>
                  {file.sha256.slice(0, 12)}
                </td>
                <td>
                  <Moment at={file.created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
