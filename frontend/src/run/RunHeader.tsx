import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconArchive,
  IconCopy,
  IconDots,
  IconDownload,
  IconPencil,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import {
  cancelRun,
  deleteRun,
  editRun,
  refreshLists,
  restoreRun,
  resumeRun,
  retryRun,
  useRunAction,
} from "../api/actions";
import { type Run, TERMINAL } from "../api/types";
import { ConnectionPill } from "../live/ConnectionPill";
import type { Connection } from "../live/stream";
import { Moment } from "../runs/Moment";
import { positionOf } from "../runs/position";
import { StatusWord } from "../runs/StatusWord";
import { complain, say, sayWithUndo } from "../shell/toast";
import { MetricTip } from "../text/MetricTip";
import { duration } from "../text/time";
import { EditDialog } from "./EditDialog";
import classes from "./RunHeader.module.css";
import { TaskBar } from "./TaskBar";

/** Failures that going on would repeat: a checkpoint of other settings or another version, a diverged loss. */
const REPEATED = new Set(["checkpoint_mismatch", "non_finite_loss"]);

/** Whether an ended run can go on: before the first epoch there is no checkpoint to go on from. */
export function goesOn(run: Run): boolean {
  return (run.position.step ?? 0) > 0 && !REPEATED.has(run.error?.code ?? "");
}

/** State, place, time and deeds of a run; below them the sentence that tells how it goes. */
export function RunHeader({ run, connection }: { run: Run; connection: Connection }) {
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <h1 className={classes.name} dir="auto" title={run.name}>
          {run.name}
        </h1>
        {run.tags.map((tag) => (
          <Link key={tag} to="/" search={{ tag: [tag] }} className={classes.tag} dir="auto">
            {tag}
          </Link>
        ))}
        {run.archived && <span className={classes.tag}>archived</span>}
        <span className={classes.deeds}>
          {connection !== "closed" && <ConnectionPill connection={connection} />}
          <Deeds run={run} />
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

function Facts({ run }: { run: Run }) {
  const seconds = useSeconds(run);
  const ended = TERMINAL.has(run.status);
  const facts = [
    ...(ended ? [positionOf(run)] : stateInWords(run)),
    run.attempt > 0 && !run.state_sentence.includes("(attempt") ? `attempt ${run.attempt}` : "",
    run.worker ? `worker ${run.worker}` : "",
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
      {run.parent_id && (
        <Link to="/runs/$id" params={{ id: run.parent_id }} className={classes.fact}>
          {run.parent_relation === "retry" ? "a retry" : "a copy"}
        </Link>
      )}
      {run.group_id && (
        <Link to="/" search={{ group: `sweep:${run.group_id}` }} className={classes.fact}>
          part of a sweep
        </Link>
      )}
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

function Deeds({ run }: { run: Run }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const cancel = useRunAction(cancelRun);
  const retry = useRunAction(retryRun);
  const resume = useRunAction(resumeRun);
  const ended = TERMINAL.has(run.status);
  const resumable = run.status === "failed" || run.status === "cancelled";
  const stopping = cancel.isPending || run.cancel_requested;

  const goTo = (next: Run) => void navigate({ to: "/runs/$id", params: { id: next.id } });
  const refused = (title: string) => ({ onError: (failure: unknown) => complain(title, failure) });

  async function archive(): Promise<void> {
    const to = !run.archived;
    const set = async (archived: boolean) => {
      client.setQueryData(["run", run.id], await editRun(run.id, { archived }));
      refreshLists(client);
    };
    await set(to).then(
      () => sayWithUndo(to ? "Archived." : "Taken out of the archive.", () => set(!to)),
      (failure) => complain("This could not be changed", failure),
    );
  }

  async function remove(): Promise<void> {
    try {
      await deleteRun(run.id);
    } catch (failure) {
      complain("The run was not deleted", failure);
      return;
    }
    refreshLists(client);
    void navigate({ to: "/" });
    sayWithUndo(`“${run.name}” deleted.`, async () => {
      await restoreRun(run.id);
      refreshLists(client);
    });
  }

  return (
    <>
      {!ended && (
        <Button
          variant="default"
          loading={cancel.isPending}
          disabled={run.cancel_requested}
          onClick={() =>
            cancel.mutate(run.id, {
              ...refused("The run was not cancelled"),
              onSuccess: (after) =>
                say(after.status === "cancelled" ? "Cancelled." : "Asked to stop; it ends within seconds."),
            })
          }
        >
          {stopping ? "Stopping" : "Cancel"}
        </Button>
      )}
      {resumable && goesOn(run) && (
        <Tooltip label="Goes on from the last checkpoint as a new attempt of this run.">
          <Button
            leftSection={<IconPlayerPlay size={14} />}
            loading={resume.isPending}
            onClick={() => resume.mutate(run.id, refused("The run cannot be resumed"))}
          >
            Resume
          </Button>
        </Tooltip>
      )}
      {resumable && (
        <Tooltip label="A new run of the same specification, from the start.">
          <Button
            variant="default"
            leftSection={<IconRefresh size={14} />}
            loading={retry.isPending}
            onClick={() =>
              retry.mutate(run.id, { ...refused("The run was not queued again"), onSuccess: goTo })
            }
          >
            Retry
          </Button>
        </Tooltip>
      )}
      <Button
        variant="default"
        leftSection={<IconCopy size={14} />}
        renderRoot={(props) => <Link to="/new" search={{ from: run.id }} {...props} />}
      >
        Clone
      </Button>
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label="More" variant="default" size={30}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEditing(true)}>
            Name, notes, tags
          </Menu.Item>
          <Menu.Item leftSection={<IconArchive size={15} />} onClick={() => void archive()}>
            {run.archived ? "Take out of the archive" : "Archive"}
          </Menu.Item>
          <Menu.Divider />
          {(["csv", "json", "parquet", "html"] as const).map((format) => (
            <Menu.Item
              key={format}
              component="a"
              href={`/api/runs/${run.id}/export?format=${format}`}
              download
              leftSection={<IconDownload size={15} />}
            >
              Export as {format === "html" ? "HTML report" : format.toUpperCase()}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconTrash size={15} />}
            c="var(--danger)"
            disabled={!ended}
            onClick={() => void remove()}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {editing && <EditDialog run={run} onClose={() => setEditing(false)} />}
    </>
  );
}
