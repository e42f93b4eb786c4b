import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { stringify } from "yaml";
import { messageOf } from "../api/client";
import { artifactsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Copy } from "../form/Copy";
import { kindFirst } from "../form/command";
import type { Spec } from "../form/draft";
import { saveText } from "../plot/save";
import { ROOT } from "../root";
import { Moment } from "../runs/Moment";
import { Sizes } from "../storage/Sizes";
import { bytes } from "../text/numbers";
import { Sentence } from "../text/Sentence";
import { day } from "../text/time";
import classes from "./FilesTab.module.css";
import page from "./RunPage.module.css";

/** What the run left behind, and what can be made of it. */
export function FilesTab({ run }: { run: Run }) {
  return (
    <div className={page.stack}>
      <Checkpoints run={run} />
      <Taken run={run} />
      <Made run={run} />
    </div>
  );
}

/** A checkpoint is two files; what was learnt when a task ended is tensors alone. */
const PARTS = { checkpoint: ["state", "tensors"], outcome: ["tensors"] } as const;

function Checkpoints({ run }: { run: Run }) {
  const query = useQuery(artifactsQuery(run.id));
  const items = query.data?.items ?? [];
  const pruned = prunedInWords(run);
  return (
    <section className={`panel ${page.box}`} aria-label="Checkpoints">
      <h2>Checkpoints</h2>
      {pruned.map((sentence) => (
        <p key={sentence} data-testid="pruned">
          <Sentence text={sentence} />
        </p>
      ))}
      {query.error && !query.data ? (
        <p role="alert">The files could not be listed. {messageOf(query.error)}</p>
      ) : items.length === 0 ? (
        <p className="quiet">
          {!query.data
            ? "Loading"
            : pruned.length > 0
              ? "None is kept any more."
              : "None is kept. They are written at every task and pruning round; the newest two stay, and what was learnt when each task ended."}
        </p>
      ) : (
        <table className={classes.files}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className={classes.number}>
                After epoch
              </th>
              <th scope="col" className={classes.number}>
                Size
              </th>
              <th scope="col">SHA-256</th>
              <th scope="col">Written</th>
              <th scope="col">Download</th>
            </tr>
          </thead>
          <tbody>
            {items.map((file) => (
              <tr key={file.id}>
                <td dir="auto">{file.name}</td>
                <td className={classes.number}>{file.step ?? "–"}</td>
                <td className={classes.number}>{bytes(file.size)}</td>
                <td>
                  <span className={`mono ${classes.hash}`} title={file.sha256}>
                    {file.sha256.slice(0, 16)}
                  </span>
                  <Copy label="SHA-256" text={() => file.sha256} />
                </td>
                <td>
                  <Moment at={file.created_at} />
                </td>
                <td>
                  <span className={classes.links}>
                    {PARTS[file.kind === "outcome" ? "outcome" : "checkpoint"].map((part) => (
                      <Download
                        key={part}
                        href={`${ROOT}/api/runs/${run.id}/artifacts/${file.id}?part=${part}`}
                        label={`${WORDS[part]} of ${file.name}`}
                      >
                        {WORDS[part]}
                      </Download>
                    ))}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** What `anpyc prune` has taken away, and what cannot be done without it. */
function prunedInWords(run: Run): string[] {
  const { checkpoints_pruned_at: checkpoints, outcomes_pruned_at: outcomes } = run;
  const ended = run.status === "failed" || run.status === "cancelled";
  const rest =
    ended && run.cannot_resume ? "; the run can be retried from the start, and not be resumed." : ".";
  return [
    checkpoints && `Checkpoints were taken away by \`anpyc prune\` on ${day(checkpoints)}${rest}`,
    outcomes &&
      `What was learnt at the ends of tasks was taken away by \`anpyc prune\` on ${day(outcomes)}; what-ifs need it.`,
  ].filter((sentence) => sentence !== null);
}

/** What the run takes, of files and of rows. */
function Taken({ run: { size, bytes: total } }: { run: Run }) {
  return (
    <section className={`panel ${page.box}`} aria-label="Size" data-testid="size">
      <h2>Size</h2>
      <Sizes
        rows={[
          {
            title: "Checkpoints",
            bytes: size.checkpoints,
            note: "in the artifact store, their tensors included",
          },
          { title: "Outcomes of tasks", bytes: size.outcomes, note: "in the artifact store, for what-ifs" },
          ...(size.other_files > 0
            ? [{ title: "Other files", bytes: size.other_files, note: "in the artifact store" }]
            : []),
          { title: "Masks", bytes: size.masks, note: "in the database, with importances and weights" },
          { title: "Log lines", bytes: size.log, about: true, note: "in the database" },
          {
            title: "Other rows",
            bytes: size.rows,
            about: true,
            note: "in the database: accuracies, losses, events",
          },
          { title: "In all", bytes: total, about: true, note: "", total: true },
        ]}
      />
    </section>
  );
}

const WORDS = { state: "State", tensors: "Tensors" } as const;
const TABLES = ["evaluations", "epochs", "layers", "system"] as const;

function Made({ run }: { run: Run }) {
  const at = `${ROOT}/api/runs/${run.id}/export`;
  return (
    <section className={`panel ${page.box}`} aria-label="Specification and exports">
      <h2>Specification and exports</h2>
      <dl className={classes.made}>
        <dt>Specification</dt>
        <dd>
          <Button
            variant="default"
            leftSection={<IconDownload size={14} />}
            aria-label="Download the specification as YAML"
            onClick={() =>
              saveText(
                `${run.id}.yaml`,
                stringify(kindFirst(run.spec as unknown as Spec), { flowCollectionPadding: false }),
                "text/yaml",
              )
            }
          >
            YAML
          </Button>
          <span className="quiet">
            <code>anpyc train</code> and <code>anpyc submit</code> take it as it is.
          </span>
        </dd>
        {TABLES.map((table) => (
          <div key={table} style={{ display: "contents" }}>
            <dt>{TITLES[table]}</dt>
            <dd>
              <Download href={`${at}?format=csv&table=${table}`} label={`${TITLES[table]} as CSV`}>
                CSV
              </Download>
            </dd>
          </div>
        ))}
        <dt>Everything</dt>
        <dd>
          <Download href={`${at}?format=json`} label="everything as JSON">
            JSON
          </Download>
          <Download href={`${at}?format=html`} label="the HTML report">
            HTML report
          </Download>
          <span className="quiet">Made from what is recorded at the moment of the download.</span>
        </dd>
      </dl>
    </section>
  );
}

const TITLES: Record<(typeof TABLES)[number], string> = {
  evaluations: "Accuracies",
  epochs: "Losses",
  layers: "Layer statistics",
  system: "System",
};

function Download({ href, label, children }: { href: string; label: string; children: ReactNode }) {
  return (
    <Button
      component="a"
      href={href}
      download
      variant="default"
      leftSection={<IconDownload size={14} />}
      aria-label={`Download ${label}`}
    >
      {children}
    </Button>
  );
}
