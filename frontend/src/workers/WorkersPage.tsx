import { Button, Group, Modal, Skeleton, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { api, dataOf, messageOf } from "../api/client";
import { healthQuery, queueQuery, runQuery, workersQuery } from "../api/queries";
import type { Queue, WorkerEntry } from "../api/types";
import { Moment } from "../runs/Moment";
import { positionOf } from "../runs/position";
import { Message } from "../shell/Message";
import { complain, say, sayWithUndo } from "../shell/toast";
import { StorageSection } from "../storage/Storage";
import { bytes, plural } from "../text/numbers";
import { duration } from "../text/time";
import { Load } from "./Load";
import { PlaceButtons, PriorityOf, signed } from "./Order";
import classes from "./WorkersPage.module.css";

/** Who trains what, and what waits for whom. */
export function WorkersPage() {
  const workers = useQuery(workersQuery);
  const queue = useQuery(queueQuery);
  const health = useQuery(healthQuery);
  const mayChange = useMayChange();
  useEffect(() => {
    document.title = "Workers & queue · ANPyC Dashboard";
  }, []);
  const failure = workers.error ?? queue.error;
  if (failure && !(workers.data && queue.data))
    return (
      <Message title="Workers and queue could not be read" tone="danger">
        {messageOf(failure)}
      </Message>
    );
  if (!workers.data || !queue.data)
    return <Skeleton height={420} radius={6} role="status" aria-label="Loading" />;
  const { items } = workers.data;
  return (
    <div className={classes.page}>
      <h1>Workers &amp; queue</h1>
      <p className={classes.sentence}>{sentenceOf(queue.data)}</p>
      {queue.data.hint && (
        <p className={classes.hint} role="status">
          {queue.data.hint}
        </p>
      )}
      {health.data?.status === "ok" &&
        health.data.notes.map((note) => (
          <p key={note} className={classes.hint} role="status">
            {note}
          </p>
        ))}
      <section aria-labelledby="workers-heading">
        <h2 id="workers-heading">Workers</h2>
        {items.length === 0 ? (
          <p className="quiet">
            No worker has announced itself yet. <code>anpyc worker</code> starts one, on this machine or any
            other that reaches the database.
          </p>
        ) : (
          <div className={classes.workers}>
            {items.map((worker) => (
              <Worker key={worker.id} worker={worker} />
            ))}
          </div>
        )}
      </section>
      <section aria-labelledby="queue-heading">
        <header className={classes.heading}>
          <h2 id="queue-heading">Queue</h2>
          {mayChange && queue.data.depth > 0 && <CancelQueue depth={queue.data.depth} />}
        </header>
        {queue.data.items.length === 0 ? (
          <p className="quiet">No run waits.</p>
        ) : (
          <table className={classes.queue} data-testid="queue">
            <thead>
              <tr>
                <th scope="col" className={classes.number}>
                  Place
                </th>
                <th scope="col">Run</th>
                <th scope="col">Waiting</th>
                <th scope="col" className={classes.number}>
                  Priority
                </th>
                <th scope="col">Why</th>
                {mayChange && <th scope="col">Order</th>}
              </tr>
            </thead>
            <tbody>
              {queue.data.items.map((run) => (
                <tr key={run.run_id}>
                  <td className={classes.number}>{run.position}</td>
                  <td>
                    <Link to="/runs/$id" params={{ id: run.run_id }} dir="auto">
                      {run.name}
                    </Link>
                  </td>
                  <td>{duration(run.waiting_seconds)}</td>
                  <td className={classes.number}>
                    {mayChange ? <PriorityOf run={run} /> : signed(run.priority)}
                  </td>
                  <td className={classes.why}>{run.reason}</td>
                  {mayChange && (
                    <td>
                      <PlaceButtons run={run} depth={queue.data.depth} />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <StorageSection />
    </div>
  );
}

/** Empties the queue, once that is confirmed: it cannot be undone. */
function CancelQueue({ depth }: { depth: number }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => dataOf(api.POST("/api/queue/cancel")),
    onSuccess: ({ count }) => say(`${plural(count, "run was", "runs were")} cancelled.`),
    onError: (failure) => complain("The queue could not be cancelled", failure),
    onSettled: () => {
      setAsking(false);
      for (const key of ["queue", "runs"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
  return (
    <>
      <Button variant="default" ml="auto" onClick={() => setAsking(true)}>
        Cancel all queued
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Cancel all that waits?" centered>
        <p>
          {plural(depth, "run that waits is", "runs that wait are")} cancelled. Runs that train go on. A
          cancelled run can be retried.
        </p>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep them
          </Button>
          <Button color="red" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel {plural(depth, "run")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

function sentenceOf(queue: Queue): string {
  const online = queue.workers_online
    ? `${plural(queue.workers_online, "worker")} online`
    : "No worker online";
  const waiting = queue.depth ? `${plural(queue.depth, "run waits", "runs wait")}` : "none waits";
  const longest = queue.oldest_wait_seconds ? `, the first for ${duration(queue.oldest_wait_seconds)}` : "";
  const training = queue.running ? plural(queue.running, "run trains", "runs train") : "No run trains";
  return `${online}. ${training}, ${waiting}${longest}.`;
}

function Worker({ worker }: { worker: WorkerEntry }) {
  const client = useQueryClient();
  const mayChange = useMayChange();
  const ask = async (draining: boolean) => {
    const path = { worker_id: worker.id };
    const after = await dataOf(
      api.PATCH("/api/workers/{worker_id}", { params: { path }, body: { draining } }),
    );
    for (const key of ["workers", "queue"]) void client.invalidateQueries({ queryKey: [key] });
    return after;
  };
  const drain = useMutation({
    mutationFn: ask,
    onSuccess: (after) =>
      sayWithUndo(
        after.draining ? "It finishes what it has and takes nothing new." : "It takes new runs again.",
        () => ask(!after.draining),
      ),
    onError: (failure) => complain("The worker could not be asked", failure),
  });
  const state = !worker.online
    ? "offline"
    : worker.draining
      ? "draining"
      : worker.runs.length
        ? "training"
        : "idle";
  return (
    <article className={`panel ${classes.worker}`} data-state={state} aria-label={`Worker ${worker.id}`}>
      <header>
        <span className={classes.dot} aria-hidden />
        <h3>{worker.id}</h3>
        <span className="quiet">{state}</span>
        {worker.online && mayChange && (
          <Tooltip
            label={
              worker.draining
                ? "Let it take new runs again."
                : "It finishes what it has and takes nothing new."
            }
          >
            <Button
              variant="default"
              ml="auto"
              loading={drain.isPending}
              onClick={() => drain.mutate(!worker.draining)}
            >
              {worker.draining ? "Take runs again" : "Drain"}
            </Button>
          </Tooltip>
        )}
      </header>
      <dl>
        <dt>Device</dt>
        <dd>{worker.device_name || worker.device}</dd>
        <dt>Memory</dt>
        <dd>{bytes(worker.memory_bytes)}</dd>
        <dt>Slots</dt>
        <dd>
          {worker.slots_taken} of {worker.slots} taken
        </dd>
        <dt>Last seen</dt>
        <dd>
          <Moment at={worker.last_seen} />
        </dd>
        <dt>Up since</dt>
        <dd>
          <Moment at={worker.started_at} />
        </dd>
      </dl>
      {worker.online && <Load load={worker.load} />}
      {worker.runs.map((id) => (
        <RunOfWorker key={id} id={id} />
      ))}
    </article>
  );
}

function RunOfWorker({ id }: { id: string }) {
  const { data: run } = useQuery({ ...runQuery(id), refetchInterval: 5_000 });
  return (
    <Link to="/runs/$id" params={{ id }} className={classes.run} dir="auto">
      <strong>{run?.name ?? id}</strong>
      <span className="quiet">{run ? positionOf(run) : ""}</span>
    </Link>
  );
}
