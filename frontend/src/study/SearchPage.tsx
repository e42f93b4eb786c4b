import { Button, Group, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMayChange } from "../access/useAccess";
import { api, dataOf, messageOf } from "../api/client";
import { Message } from "../shell/Message";
import { complain } from "../shell/toast";
import { type Search, searchQuery } from "./queries";
import classes from "./Study.module.css";

/** A search: the best so far, how much each setting decides, and every trial. */
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
  const fields = Object.keys(search.request.space as object);
  const deciding = Object.entries(search.importances).sort(([, a], [, b]) => b - a);
  return (
    <div className={classes.narrow}>
      <Group justify="space-between" mb="xs">
        <h1 dir="auto">{search.name}</h1>
        <Group gap="xs">
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/" search={{ group: search.group }} {...props} />}
          >
            In the list
          </Button>
          {search.status === "open" && <Stop search={search} />}
        </Group>
      </Group>
      <p data-testid="search-state">{search.sentence}</p>
      {search.error && <p role="alert">{search.error}</p>}
      <p className="quiet">Measured on {search.measured_on} images.</p>
      {deciding.length > 0 && (
        <p>
          What decides:{" "}
          {deciding.map(([name, share]) => `${short(name)} ${Math.round(100 * share)} %`).join(", ")}.
        </p>
      )}
      <div className={classes.scroll}>
        <table className={classes.matrix} data-testid="trials">
          <thead>
            <tr>
              <th scope="col">Trial</th>
              {fields.map((name) => (
                <th scope="col" key={name}>
                  {short(name)}
                </th>
              ))}
              <th scope="col">{search.request.objective === "forgetting" ? "Forgetting" : "Accuracy"}</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {search.trials.map((trial) => (
              <tr key={trial.number}>
                <th scope="row">
                  {trial.run_id ? (
                    <Link to="/runs/$id" params={{ id: trial.run_id }}>
                      {trial.number + 1}
                    </Link>
                  ) : (
                    trial.number + 1
                  )}
                </th>
                {fields.map((name) => (
                  <td key={name}>{inWords(trial.parameters[name])}</td>
                ))}
                <td>{trial.value === null ? "" : `${(100 * trial.value).toFixed(1)} %`}</td>
                <td>
                  {trial.status === "running" && trial.run_status ? trial.run_status : trial.status}
                  {trial.number === search.best?.number && " · best"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function short(field: string): string {
  return field.slice(field.lastIndexOf(".") + 1);
}

function inWords(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value ?? "");
}

/** Tries nothing more. */
function Stop({ search }: { search: Search }) {
  const client = useQueryClient();
  const mayChange = useMayChange();
  const stop = useMutation({
    mutationFn: () =>
      dataOf(api.POST("/api/searches/{search_id}/cancel", { params: { path: { search_id: search.id } } })),
    onSuccess: (after) => client.setQueryData(searchQuery(search.id).queryKey, after),
    onError: (failure) => complain("The search could not be stopped", failure),
  });
  if (!mayChange) return null;
  return (
    <Button color="red" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
      Stop the search
    </Button>
  );
}
