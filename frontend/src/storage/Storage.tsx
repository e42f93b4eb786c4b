import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { messageOf } from "../api/client";
import { storageQuery } from "../api/queries";
import type { Storage } from "../api/types";
import { StatusWord } from "../runs/StatusWord";
import { bytes, count, plural } from "../text/numbers";
import { type SizeRow, Sizes } from "./Sizes";
import classes from "./Storage.module.css";

/** What runs and the database take, who takes most of it, and how to make room. */
export function StorageSection() {
  const { data, error } = useQuery(storageQuery);
  return (
    <section aria-labelledby="storage-heading" data-testid="storage">
      <h2 id="storage-heading">Storage</h2>
      {data ? (
        <Known storage={data} />
      ) : (
        <p className="quiet">{error ? `It could not be read. ${messageOf(error)}` : "Loading"}</p>
      )}
    </section>
  );
}

function Known({ storage }: { storage: Storage }) {
  return (
    <>
      <p>{storage.sentence}</p>
      <p className="quiet">
        On the server’s machine <code>anpyc prune --older-than 30d</code> lists what of runs that ended so
        long ago is needed no more; with <code>--yes</code> it takes it away.
      </p>
      <div className={classes.columns}>
        <div>
          <h3>Of files and rows</h3>
          <Sizes rows={rowsOf(storage)} />
        </div>
        {storage.largest.length > 0 && (
          <div>
            <h3>Largest runs</h3>
            <table className={classes.largest} data-testid="largest">
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">Status</th>
                  <th scope="col" className={classes.number}>
                    Size
                  </th>
                </tr>
              </thead>
              <tbody>
                {storage.largest.map((run) => (
                  <tr key={run.id}>
                    <td className={classes.name}>
                      <Link
                        to="/runs/$id"
                        params={{ id: run.id }}
                        search={{ tab: "files" }}
                        dir="auto"
                        title={run.name}
                      >
                        {run.name}
                      </Link>
                    </td>
                    <td>
                      <StatusWord status={run.status} />
                    </td>
                    <td className={classes.number}>{bytes(run.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </>
  );
}

function rowsOf(storage: Storage): SizeRow[] {
  const { checkpoints, outcomes, other_files, log_lines, deleted } = storage;
  return [
    { title: "Checkpoints", bytes: checkpoints.bytes, note: plural(checkpoints.number, "file") },
    {
      title: "Outcomes of tasks",
      bytes: outcomes.bytes,
      note: `${plural(outcomes.number, "file")}, for what-ifs`,
    },
    ...(other_files.number > 0
      ? [{ title: "Other files", bytes: other_files.bytes, note: plural(other_files.number, "file") }]
      : []),
    { title: "Masks", bytes: storage.masks, note: "with importances and weights" },
    { title: "Log lines", bytes: log_lines.bytes, about: true, note: count(log_lines.number) },
    { title: "Other rows", bytes: storage.rows, about: true, note: "accuracies, losses, events" },
    {
      title: "Database in all",
      bytes: storage.database,
      note: storage.reusable ? `with indexes; ${bytes(storage.reusable)} of it are free` : "with indexes",
      total: true,
    },
    ...(storage.disk
      ? [{ title: "Free for files", bytes: storage.disk.free, note: `of ${bytes(storage.disk.total)}` }]
      : []),
    ...(deleted.number > 0
      ? [
          {
            title: "Deleted",
            bytes: deleted.bytes,
            about: true,
            note: `${plural(deleted.number, "run that is", "runs that are")} about to be removed`,
          },
        ]
      : []),
  ];
}
