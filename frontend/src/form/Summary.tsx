import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { messageOf, type Problem } from "../api/client";
import { healthQuery, pastRunsQuery } from "../api/queries";
import type { Catalog } from "../api/types";
import { plural } from "../text/numbers";
import { duration } from "../text/time";
import { asCommand, asPython } from "./command";
import type { Reading, Spec } from "./draft";
import { estimateInWords, expectedSeconds } from "./estimate";
import classes from "./Form.module.css";
import { parametersInWords, sizeOf, storedInWords } from "./size";
import { story, sweepInWords } from "./story";

interface SummaryProps {
  catalog: Catalog;
  reading: Reading;
  count: number;
  defaults: Spec;
  complete: (spec: Spec) => Spec;
  problems: Problem[];
  failure: unknown;
  busy: boolean;
  blocked: string | null;
  onProblem: (field: string) => void;
}

/** What will happen when the button is pressed, before it is pressed. */
export function Summary(props: SummaryProps) {
  const { catalog, reading, count, defaults, complete, problems, failure, busy, blocked, onProblem } = props;
  const { data: health } = useQuery(healthQuery);
  const { spec, grid } = reading;
  const dataset = spec.dataset as { kind?: string; download?: boolean } | undefined;
  const entry = catalog.datasets.find(({ kind }) => kind === dataset?.kind);
  const sequence = (spec.benchmark as { datasets?: string[] } | undefined)?.datasets;
  const wanted = sequence ?? [dataset?.kind];
  const absent = catalog.datasets.filter(({ kind, present }) => wanted.includes(kind) && !present);
  const effort = estimateInWords(spec);
  const size = sizeOf(spec, catalog.datasets);
  const { data: past } = useQuery(pastRunsQuery(dataset?.kind ?? ""));
  const similar = useMemo(
    () => (past?.items ?? []).map((run) => ({ ...run, spec: complete(run.spec as unknown as Spec) })),
    [past, complete],
  );
  const expected = expectedSeconds(spec, similar);
  return (
    <aside className={`panel ${classes.summary}`} aria-label="Summary">
      <p className={classes.story} data-testid="story">
        {story(spec, entry?.title ?? String(dataset?.kind ?? ""))}
      </p>
      {effort && (
        <p className={classes.note} data-testid="estimate">
          {effort}
          {count > 1 ? " in each run" : ""}.
          {expected && (
            <>
              {" "}
              About {duration(expected.seconds * count)} of training, at the pace of “
              <span dir="auto">{expected.judgedBy}</span>”.
            </>
          )}
        </p>
      )}
      {size && (
        <p className={classes.note} data-testid="size">
          {parametersInWords(size)}. {storedInWords(size, count)}.
        </p>
      )}
      {count > 1 && (
        <p className={classes.note} data-testid="sweep">
          <strong>{sweepInWords(grid, count)}</strong>
        </p>
      )}
      {absent.length > 0 && !dataset?.download && (
        <p className={classes.warning} role="status">
          {absent.map(({ title }) => title).join(", ")} {absent.length === 1 ? "is" : "are"} not on the
          server. Turn on “Download if missing” (
          {absent.reduce((sum, one) => sum + one.download_megabytes, 0)} MB), or put the files into the
          data-sets folder.
        </p>
      )}
      {health?.workers_online === 0 && (
        <p className={classes.warning} role="status">
          No worker is online. The run will wait in the queue until one is started with{" "}
          <code>anpyc worker</code>.
        </p>
      )}
      <Problems problems={problems} onProblem={onProblem} />
      {blocked && <p className={classes.error}>{blocked}</p>}
      {failure ? (
        <p className={classes.error} role="alert">
          Nothing was queued. {messageOf(failure)}
        </p>
      ) : null}
      <Button type="submit" size="sm" loading={busy} disabled={blocked !== null} fullWidth>
        {count > 1 ? `Start ${count} runs` : "Start run"}
      </Button>
      <p className="quiet" style={{ fontSize: 12 }}>
        <kbd>Ctrl</kbd> <kbd>Enter</kbd> starts. Several values with commas in a number, such as 1, 3, 10, or
        seeds 0..4, make one run for each.
      </p>
      <div style={{ display: "flex", gap: 8 }}>
        <Copy label="Command" text={() => asCommand(spec, defaults, grid)} />
        <Copy label="Python" text={() => asPython(spec, window.location.origin, grid)} />
      </div>
    </aside>
  );
}

function Problems({ problems, onProblem }: Pick<SummaryProps, "problems" | "onProblem">) {
  if (problems.length === 0) return null;
  return (
    <div role="alert" data-testid="problems">
      <p className={classes.note}>
        <strong>{plural(problems.length, "field needs", "fields need")} attention</strong>
      </p>
      <ul className={classes.problems}>
        {problems.map(({ field, message }) => (
          <li key={field + message}>
            <button type="button" onClick={() => onProblem(field)}>
              {field ? `${field}: ` : ""}
              {message}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Copy({ label, text }: { label: string; text: () => string }) {
  return (
    <CopyButton value={text()}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          aria-label={`Copy as ${label}`}
        >
          {copied ? "Copied" : label}
        </Button>
      )}
    </CopyButton>
  );
}
