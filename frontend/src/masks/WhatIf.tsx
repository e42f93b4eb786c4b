import { Button, Select, Slider } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { ApiError, api, dataOf, messageOf } from "../api/client";
import { newKey } from "../api/key";
import { whatIfQuery } from "../api/queries";
import { type Run, TERMINAL, type WhatIfAnswer, type WhatIfJob } from "../api/types";
import { refresh, useRunStream } from "../live/useRunStream";
import { Figure } from "../plot/Figure";
import { percent, points } from "../text/numbers";
import { Sentence } from "../text/Sentence";
import { jobInWords, openJob, pointAt, sharesToMeasure } from "./shares";
import classes from "./WhatIf.module.css";

const MOST = 95;
const WHAT_IF: ReadonlySet<string> = new Set(["what_if"]);

/** What if more, or less, had been pruned: every task seen, tested at other shares on what a task's end left. */
export function WhatIf({ run }: { run: Run }) {
  const [task, setTask] = useState<number>();
  const query = useQuery(whatIfQuery(run.id, task));
  const known = query.data;
  const ended = TERMINAL.has(run.status);
  // The page's own stream ends with the run; what is measured afterwards is followed by one of its own.
  useRunStream(run.id, ended && known !== undefined && openJob(known.jobs) !== undefined, run.last_seq);
  if (!known) {
    return query.error ? (
      <section className={`panel ${classes.panel}`} aria-label="What if">
        <h2>What if more had been pruned</h2>
        <p role="alert">This could not be read. {messageOf(query.error)}</p>
      </section>
    ) : null;
  }
  return (
    <section className={classes.stack} aria-label="What if" data-testid="what-if">
      <div className={`panel ${classes.panel}`}>
        <h2>What if more, or less, had been pruned</h2>
        {known.stored.length === 0 ? (
          <p className="quiet">
            <Sentence text={known.sentence} />
          </p>
        ) : (
          <Controls run={run} known={known} onTask={setTask} />
        )}
        {known.stored.length === 0 && known.closed && known.points.length > 0 && (
          <p className="quiet">
            <Sentence text={known.closed} /> What was measured stays.
          </p>
        )}
      </div>
      {(known.stored.length > 0 || known.points.length > 0) && (
        <Figure
          name="pruning_curve"
          title={`Accuracy against pruned share, after task ${known.task ?? 0}`}
          runs={[run.id]}
          params={{ task: known.task ?? undefined }}
          height={known.points.length > 0 || openJob(known.jobs) ? "320px" : "64px"}
        />
      )}
    </section>
  );
}

interface ControlsProps {
  run: Run;
  known: WhatIfAnswer;
  onTask: (task: number | undefined) => void;
}

function Controls({ run, known, onTask }: ControlsProps) {
  const chosen = Math.min(MOST, Math.round((known.chosen?.share ?? 0.5) * 100));
  const [moved, setMoved] = useState<number>();
  const share = (moved ?? chosen) / 100;
  const job = known.jobs.find(({ task }) => task === known.task);
  const open = openJob(known.jobs);
  const mayChange = useMayChange();
  const { sending, failure, evaluate, cancel } = useRequests(run.id, known.task);
  return (
    <>
      <div className={classes.controls}>
        <Select
          label="Network after"
          w={130}
          allowDeselect={false}
          value={String(known.task)}
          onChange={(next) => onTask(next === null ? undefined : Number(next))}
          data={known.stored.map((end) => ({ value: String(end.task), label: `task ${end.task}` }))}
        />
        <div className={classes.share}>
          <div className={classes.label}>
            Pruned of each layer <b className={classes.number}>{percent(share, 0)}</b>
          </div>
          <Slider
            aria-label="Pruned of each layer"
            thumbLabel="Pruned of each layer"
            size={4}
            min={0}
            max={MOST}
            step={1}
            value={moved ?? chosen}
            onChange={setMoved}
            label={(value) => `${value} %`}
            marks={known.chosen && known.chosen.share <= 0.95 ? [{ value: 100 * known.chosen.share }] : []}
          />
        </div>
        {!mayChange ? null : open ? (
          <Button w={100} variant="default" loading={sending} onClick={() => void cancel(open.id)}>
            Stop
          </Button>
        ) : (
          <Button
            w={100}
            loading={sending}
            onClick={() => {
              // What is looked at stays the same network when a further task ends meanwhile.
              onTask(known.task ?? undefined);
              void evaluate(sharesToMeasure(known, share));
            }}
          >
            Evaluate
          </Button>
        )}
      </div>
      <p className={classes.reading} data-testid="what-if-reading">
        <Reading known={known} share={share} />
      </p>
      <p
        className={classes.state}
        role="status"
        data-testid="what-if-state"
        data-status={(open ?? job)?.status}
      >
        {failure ? <span className={classes.failure}>{failure}</span> : <State job={open ?? job} />}
      </p>
    </>
  );
}

/** Asking for a measurement and stopping one, and what became of that. */
function useRequests(runId: string, task: number | null) {
  const client = useQueryClient();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState("");
  const key = useRef(newKey());

  const send = async (request: () => Promise<unknown>) => {
    setSending(true);
    setFailure("");
    try {
      await request();
      key.current = newKey();
    } catch (problem) {
      // Only an answer makes the next press another request; without one this one may have arrived.
      if (problem instanceof ApiError) key.current = newKey();
      setFailure(messageOf(problem));
    } finally {
      // The figure as well: a short measurement may have ended before anything followed it.
      await refresh(client, runId, WHAT_IF);
      setSending(false);
    }
  };
  const evaluate = (shares: number[]) =>
    send(() =>
      dataOf(
        api.POST("/api/runs/{run_id}/whatif", {
          params: { path: { run_id: runId }, header: { "idempotency-key": key.current } },
          body: { task, shares },
        }),
      ),
    );
  const cancel = (id: string) =>
    send(() =>
      dataOf(
        api.POST("/api/runs/{run_id}/whatif/{what_if_id}/cancel", {
          params: { path: { run_id: runId, what_if_id: id } },
        }),
      ),
    );
  return { sending, failure, evaluate, cancel };
}

/** What is known at the slider's share. */
function Reading({ known, share }: { known: WhatIfAnswer; share: number }) {
  const measured = pointAt(known.points, share);
  const unpruned = pointAt(known.points, 0);
  if (!measured) {
    return known.points.length === 0
      ? "Nothing is measured yet. Evaluate measures 0 to 95 % in steps of 5, and this share."
      : `${percent(share, 0)} is not measured yet. Evaluate measures it.`;
  }
  const tasks = Object.entries(measured.accuracy);
  const lowest = tasks.reduce((worst, entry) => (entry[1] < worst[1] ? entry : worst));
  const against =
    unpruned && share > 0 ? `, ${points(measured.mean - unpruned.mean)} points against nothing pruned` : "";
  const least = tasks.length > 1 ? ` Lowest: task ${lowest[0]} at ${percent(lowest[1])}.` : "";
  return `At ${percent(share, 0)}: ${percent(measured.mean)} on average${against}.${least}`;
}

function State({ job }: { job: WhatIfJob | undefined }) {
  if (!job) return null;
  const { text, failed } = jobInWords(job);
  return failed ? <span className={classes.failure}>{text}</span> : text;
}
