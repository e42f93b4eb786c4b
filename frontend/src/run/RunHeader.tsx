import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { lastBy } from "../access/deeds";
import { type Run, TERMINAL } from "../api/types";
import { ConnectionPill } from "../live/ConnectionPill";
import type { Connection } from "../live/stream";
import { useProjects } from "../projects/useProject";
import { Moment } from "../runs/Moment";
import { positionOf } from "../runs/position";
import { StatusWord } from "../runs/StatusWord";
import { MetricTip } from "../text/MetricTip";
import { duration } from "../text/time";
import { company } from "./company";
import { RunActions } from "./RunActions";
import classes from "./RunHeader.module.css";
import { MadeFrom, SweepPlace } from "./Siblings";
import { TaskBar } from "./TaskBar";

/** State, place, time and actions of a run; below them the sentence that tells how it goes. */
export function RunHeader({ run, connection }: { run: Run; connection: Connection }) {
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <h1 className={classes.name} dir="auto" title={`${run.name}\n${run.settings}`}>
          {run.name}
        </h1>
        {run.tags.map((tag) => (
          <Link key={tag} to="/" search={{ tag: [tag] }} className={classes.tag} dir="auto">
            {tag}
          </Link>
        ))}
        <InProject id={run.project_id} />
        {run.archived && <span className={classes.tag}>archived</span>}
        <span className={classes.actions}>
          {connection !== "closed" && <ConnectionPill connection={connection} />}
          <RunActions run={run} />
        </span>
      </div>
      <div className={classes.state}>
        <strong aria-live="polite">
          <StatusWord status={run.status} stopping={run.cancel_requested} />
        </strong>
        <Facts run={run} />
      </div>
      <TaskBar run={run} />
      <div className={classes.story}>
        {/* A failure is told below, once, with what to do. */}
        <p className={classes.sentence} data-testid={run.error ? undefined : "sentence"}>
          {run.error ? "" : run.sentence}
        </p>
        <dl className={classes.numbers}>
          {run.key_numbers.map(
            (number) =>
              (ALWAYS.has(number.name) || (IF_KNOWN.has(number.name) && number.text)) && (
                <KeyNumber key={number.name} number={number} />
              ),
          )}
        </dl>
      </div>
    </header>
  );
}

/** The project that the run is in, unless that is Unsorted. */
function InProject({ id }: { id: string }) {
  const { project } = useProjects(id);
  if (!project || project.is_unsorted) return null;
  return (
    <Link to="/" search={{ project: id }} className={classes.tag} dir="auto" title="The project of the run">
      {project.name}
    </Link>
  );
}

/** Numbers that stand over every run, and those that not every run has. */
const ALWAYS = new Set(["average_accuracy", "forgetting", "capacity_free"]);
const IF_KNOWN = new Set(["pruning_loss", "intransigence"]);

function KeyNumber({ number: { name, title, text, note } }: { number: Run["key_numbers"][number] }) {
  return (
    <div data-testid={`number-${name}`}>
      <dt>
        {title} <MetricTip name={name} />
      </dt>
      <dd title={note || undefined}>{text ?? "–"}</dd>
    </div>
  );
}

/** Where the run stands or why it waits, as the server says it after the status; what it says of a lost worker too. */
function stateInWords(run: Run): string[] {
  return run.state_sentence.replaceAll("`", "").split(" · ").slice(1);
}

/** What is told of who did it; the rest stands in the history. */
const DONE_BY = [
  ["submitted", "submitted"],
  ["cancelled", "cancelled"],
] as const;

function Facts({ run }: { run: Run }) {
  const seconds = useSeconds(run);
  const ended = TERMINAL.has(run.status);
  const facts = [
    ...(ended ? [positionOf(run)] : stateInWords(run)),
    run.attempt > 0 && !run.state_sentence.includes("(attempt") ? `attempt ${run.attempt}` : "",
    run.worker ? `worker ${run.worker}` : "",
    run.status !== "queued" ? company(run.environment.trained_together) : "",
    seconds !== null ? duration(seconds) : "",
    run.status === "running" && run.seconds_left !== null ? `about ${duration(run.seconds_left)} left` : "",
  ].filter(Boolean);
  return (
    <>
      {facts.map((fact) => (
        <span key={fact} className={classes.fact}>
          {fact}
        </span>
      ))}
      <span className={classes.fact}>
        {run.started_at ? "started" : "submitted"} <Moment at={run.started_at ?? run.created_at} />
      </span>
      {DONE_BY.map(([what, words]) => {
        const by =
          what === "submitted" || run.status === what || run.cancel_requested
            ? lastBy(run.history, what)
            : null;
        return (
          by && (
            <span key={what} className={classes.fact} dir="auto">
              {words} by {by}
            </span>
          )
        );
      })}
      <MadeFrom run={run} />
      <SweepPlace run={run} />
    </>
  );
}

/** Elapsed seconds, ticking between two answers of the server. */
function useSeconds(run: Run): number | null {
  const [base, setBase] = useState({ seconds: run.seconds, at: Date.now() });
  const [now, setNow] = useState(Date.now());
  useEffect(() => setBase({ seconds: run.seconds, at: Date.now() }), [run.seconds]);
  useEffect(() => {
    if (run.status !== "running") return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [run.status]);
  if (base.seconds === null) return null;
  return run.status === "running" ? base.seconds + Math.max(0, now - base.at) / 1000 : base.seconds;
}
