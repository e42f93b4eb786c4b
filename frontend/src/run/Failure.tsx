import { Button } from "@mantine/core";
import { useState } from "react";
import type { Run } from "../api/types";
import { Copy } from "../form/Copy";
import { Sentence } from "../text/Sentence";
import classes from "./Failure.module.css";
import { goesOn } from "./RunActions";

/** Why the run failed, what is safe, what to do; the traceback for who wants it. */
export function Failure({ run, error }: { run: Run; error: NonNullable<Run["error"]> }) {
  const [shown, setShown] = useState(false);
  const [what, rest] = parted(run.sentence, error.message);
  const kept = run.position.step ?? 0;
  return (
    <section className={classes.failure} role="alert" data-testid="failure">
      <div data-testid="sentence">
        <h2>{what}</h2>
        <p>{rest}</p>
      </div>
      <p>
        {kept > 0
          ? `Everything recorded up to epoch ${kept} is safe and shown below.`
          : "Nothing had been recorded yet, so nothing is lost."}{" "}
        {goesOn(run)
          ? "Resume goes on from the last checkpoint; Clone opens the form with these settings, to change what was wrong."
          : "Clone opens the form with these settings, to change what was wrong; Retry runs them again as they are."}
        {run.checkpoints_pruned_at && run.cannot_resume && (
          <>
            {" "}
            <Sentence text={run.cannot_resume} />
          </>
        )}
      </p>
      {error.traceback && (
        <>
          <div className={classes.actions}>
            <Button variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
              {shown ? "Hide the traceback" : "Show the traceback"}
            </Button>
            <Copy label="traceback" text={() => error.traceback ?? ""} />
          </div>
          {shown && (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling pane must be reachable by keyboard.
            <pre className={classes.traceback} tabIndex={0}>
              {error.traceback}
            </pre>
          )}
        </>
      )}
    </section>
  );
}

/** The sentence up to the end of the reason, and what it says after that. */
export function parted(sentence: string, reason: string): [string, string] {
  const at = sentence.indexOf(reason);
  if (at < 0) return [reason, sentence];
  const end = at + reason.length;
  return [sentence.slice(0, end), sentence.slice(end).trim()];
}
