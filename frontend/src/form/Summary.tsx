import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMayChange } from "../access/useAccess";
import { messageOf, type Problem } from "../api/client";
import { healthQuery } from "../api/queries";
import { dashboard } from "../root";
import { plural } from "../text/numbers";
import { Copy } from "./Copy";
import { asCommand, asPython } from "./command";
import type { Reading, Spec } from "./draft";
import classes from "./Form.module.css";
import { costInWords, sweepInWords } from "./sweep";
import { usePreview } from "./usePreview";

interface SummaryProps {
  reading: Reading;
  count: number;
  defaults: Spec;
  /** The run that it is copied from. */
  parent: string | undefined;
  problems: Problem[];
  failure: unknown;
  busy: boolean;
  blocked: string | null;
  onProblem: (field: string) => void;
}

/** What will happen when the button is pressed, before it is pressed. */
export function Summary(props: SummaryProps) {
  const { reading, count, defaults, parent, problems, failure, busy, blocked, onProblem } = props;
  const { spec, grid } = reading;
  const mayChange = useMayChange();
  return (
    <aside className={`panel ${classes.summary}`} aria-label="Summary">
      <Outlook reading={reading} count={count} parent={parent} />
      <Workers />
      <Problems problems={problems} onProblem={onProblem} />
      {blocked && <p className={classes.error}>{blocked}</p>}
      {failure ? (
        <p className={classes.error} role="alert">
          Nothing was queued. {messageOf(failure)}
        </p>
      ) : null}
      {mayChange ? (
        <Button type="submit" size="sm" loading={busy} disabled={blocked !== null} fullWidth>
          {count > 1 ? `Start ${count} runs` : "Start run"}
        </Button>
      ) : (
        <p className={classes.note}>You may look at what a run would be, and not start one.</p>
      )}
      <p className="quiet" style={{ fontSize: 12 }}>
        <kbd>Ctrl</kbd> <kbd>Enter</kbd> starts. Several values with commas in a number, such as 1, 3, 10, or
        seeds 0..4, make one run for each.
      </p>
      <div style={{ display: "flex", gap: 8 }}>
        <Copy label="Command" text={() => asCommand(spec, defaults, grid)} />
        <Copy label="Python" text={() => asPython(spec, dashboard(), grid)} />
      </div>
    </aside>
  );
}

/** What the server says of the run, or of one run of a sweep. */
function Outlook({
  reading: { spec, grid, problems },
  count,
  parent,
}: Pick<SummaryProps, "reading" | "count" | "parent">) {
  const { data: preview, error } = usePreview(spec, problems.length === 0, parent);
  return (
    <>
      {preview && (
        <p className={classes.story} data-testid="story" dir="auto">
          {preview.sentence}
        </p>
      )}
      {preview && parent && count === 1 && (
        <p className={classes.note} data-testid="copy" dir="auto">
          {preview.changes.length > 0
            ? `Changed: ${preview.changes.join(", ")}. `
            : "Nothing is changed yet. "}
          {!spec.name && (
            <>
              It will be called <strong>{preview.name}</strong>.
            </>
          )}
        </p>
      )}
      {count > 1 && (
        <p className={classes.note} data-testid="sweep">
          <strong>{sweepInWords(grid, count)}</strong> {preview && costInWords(preview, count)}
        </p>
      )}
      {(preview?.warnings ?? (error ? [messageOf(error)] : [])).map((warning) => (
        <p className={classes.warning} role="status" key={warning}>
          {warning}
        </p>
      ))}
    </>
  );
}

function Workers() {
  const { data: health } = useQuery(healthQuery);
  if (health?.workers_online !== 0) return null;
  return (
    <p className={classes.warning} role="status">
      No worker is online. The run will wait in the queue until one is started with <code>anpyc worker</code>.
    </p>
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
