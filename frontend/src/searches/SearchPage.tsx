import { Button, Group, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMayChange } from "../access/useAccess";
import { refreshLists } from "../api/actions";
import { messageOf } from "../api/client";
import { Message } from "../shell/Message";
import { complain } from "../shell/toast";
import classes from "../study/Study.module.css";
import { percent } from "../text/numbers";
import { type Search, searchQuery, stopSearch, type Trial } from "./queries";

/** A search: its trials, the best of them, and a way to stop it. */
export function SearchPage() {
  const { id } = useParams({ from: "/searches/$id" });
  const { data: search, error } = useQuery(searchQuery(id));
  useEffect(() => {
    document.title = `${search?.name ?? "Search"} · ANPyC Dashboard`;
  }, [search?.name]);
  if (error && !search)
    return (
      <Message title="The search could not be read" tone="danger">
        {messageOf(error)}
      </Message>
    );
  if (!search) return <Skeleton height={420} radius={6} role="status" aria-label="Search is loading" />;
  return (
    <div className={classes.narrow}>
      <Group justify="space-between" mb="xs">
        <h1 dir="auto">{search.name}</h1>
        <Group gap="xs">
          <Stop search={search} />
          <Button renderRoot={(props) => <Link to="/" search={{ group: search.group }} {...props} />}>
            In the list
          </Button>
        </Group>
      </Group>
      <p data-testid="search-state">{search.sentence}</p>
      {search.error && <p role="alert">{search.error}</p>}
      <Trials search={search} />
    </div>
  );
}

function Stop({ search }: { search: Search }) {
  const client = useQueryClient();
  const mayChange = useMayChange();
  const stop = useMutation({
    mutationFn: () => stopSearch(search.id),
    onSuccess: (after) => {
      client.setQueryData(["searches", search.id], after);
      refreshLists(client);
    },
    onError: (failure) => complain("The search could not be stopped", failure),
  });
  if (search.status !== "open" || !mayChange) return null;
  return (
    <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
      Stop the search
    </Button>
  );
}

/** One row for each trial, in the order in which they began. */
function Trials({ search: { items, best } }: { search: Search }) {
  const fields = Object.keys(items[0]?.parameters ?? {});
  if (items.length === 0) return <p className="quiet">No trial has begun yet.</p>;
  return (
    <div className={classes.scroll}>
      <table
        className={classes.matrix}
        style={{ wordBreak: "normal", overflowWrap: "normal" }}
        data-testid="trials"
      >
        <thead>
          <tr>
            <th scope="col">Trial</th>
            <th scope="col">State</th>
            <th scope="col">Average accuracy</th>
            {fields.map((field) => (
              <th scope="col" key={field}>
                {field}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((trial) => (
            <tr key={trial.number}>
              <th scope="row">
                <Name trial={trial} />
              </th>
              <td>{trial.number === best?.number ? "best" : trial.status}</td>
              <td>{percent(trial.value)}</td>
              {fields.map((field) => (
                <td key={field}>{written(trial.parameters[field])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ trial: { number, run_id } }: { trial: Trial }) {
  if (run_id === null) return <>{number}</>;
  return (
    <Link to="/runs/$id" params={{ id: run_id }} aria-label={`Trial ${number}`}>
      {number}
    </Link>
  );
}

/** Four digits tell draws apart. */
function written(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
}
