import { Button } from "@mantine/core";
import { useState } from "react";
import type { Run } from "../api/types";
import { Copy } from "../form/Summary";
import classes from "./Failure.module.css";

/** Why the run failed, what is safe, what to do; the traceback for who wants it. */
export function Failure({ run, error }: { run: Run; error: NonNullable<Run["error"]> }) {
  const [shown, setShown] = useState(false);
  const kept = run.position.step ?? 0;
  return (
    <section className={classes.failure} role="alert" data-testid="failure">
      <h2 data-testid="sentence">{run.sentence.includes(error.message) ? run.sentence : error.message}</h2>
      <p>
        {kept > 0
          ? `Everything recorded up to epoch ${kept} is safe and shown below.`
          : "Nothing had been recorded yet, so nothing is lost."}{" "}
        {kept > 0
          ? "Resume goes on from the last checkpoint; Clone opens the form with these settings, to change what was wrong."
          : "Clone opens the form with these settings, to change what was wrong; Retry runs them again as they are."}
      </p>
      {error.traceback && (
        <>
          <div className={classes.actions}>
            <Button variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
              {shown ? "Hide the traceback" : "Show the traceback"}
            </Button>
            <Copy label="traceback" text={() => error.traceback ?? ""} />
          </div>
          {shown && <pre className={classes.traceback}>{error.traceback}</pre>}
        </>
      )}
    </section>
  );
}
