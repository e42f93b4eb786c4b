import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { messageOf } from "../api/client";
import { groupsQuery, type RunsFilter } from "../api/queries";
import type { RunGroup } from "../api/types";
import { titleOf } from "../form/schema";
import { Message } from "../shell/Message";
import { plural } from "../text/numbers";
import { Moment } from "./Moment";
import classes from "./RunsTable.module.css";
import bar from "./SelectionBar.module.css";

type Spread = RunGroup["metrics"][string];

/** Mean ± sample deviation in percent, in the cell; a single run has no deviation. */
function Spreaded({ spread, sign = 1 }: { spread: Spread | undefined; sign?: 1 | -1 }) {
  if (!spread) return <>–</>;
  const mean = (spread.mean * 100 * sign).toFixed(1).replace("-", "−");
  return (
    <span
      title={`${plural(spread.n, "run")}, ${(spread.low * 100).toFixed(1)} to ${(spread.high * 100).toFixed(1)}`}
    >
      {mean}
      {spread.std !== null && <span className="quiet"> ± {(spread.std * 100).toFixed(1)}</span>}
    </span>
  );
}

interface GroupsTableProps {
  by: "spec" | "sweep";
  filter: RunsFilter;
}

export function GroupsTable({ by, filter }: GroupsTableProps) {
  const navigate = useNavigate();
  const { sort: _, ...asked } = filter;
  const query = useQuery(groupsQuery(by, asked));
  const [chosen, setChosen] = useState<string[]>([]);
  if (query.error)
    return (
      <Message title="The groups could not be read" tone="danger">
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data) return <Skeleton height={300} radius={6} role="status" aria-label="Groups are loading" />;
  if (query.data.items.length === 0)
    return (
      <Message title={by === "sweep" ? "No sweep yet" : "No run matches"}>
        {by === "sweep"
          ? "Give a setting several values in the form, such as λ = 1, 3, 10, and the runs stand here together."
          : "The filter leaves out every run there is."}
      </Message>
    );
  return (
    <>
      {chosen.length > 0 && (
        <section className={bar.bar} aria-label="Selection">
          <strong>{plural(chosen.length, "group")} selected</strong>
          <Button onClick={() => void navigate({ to: "/compare", search: { run: chosen } })}>
            Compare {chosen.length}
          </Button>
          <Button variant="subtle" color="gray" ml="auto" onClick={() => setChosen([])}>
            Clear selection
          </Button>
        </section>
      )}
      <table className={classes.table} data-testid="groups">
        <colgroup>
          <col style={{ width: 40 }} />
          <col />
          <col style={{ width: 70 }} />
          <col style={{ width: 190 }} />
          <col style={{ width: 130 }} />
          <col style={{ width: 130 }} />
          <col style={{ width: 120 }} />
          <col style={{ width: 110 }} />
          <col style={{ width: 104 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Select</span>
            </th>
            <th scope="col">{by === "sweep" ? "Sweep" : "Same settings"}</th>
            <th scope="col" className={classes.number}>
              Runs
            </th>
            <th scope="col">State</th>
            <th scope="col" className={classes.number}>
              Accuracy, %
            </th>
            <th scope="col" className={classes.number}>
              Forgetting, pt
            </th>
            <th scope="col" className={classes.number}>
              Free, %
            </th>
            <th scope="col">Strategy</th>
            <th scope="col">Newest</th>
          </tr>
        </thead>
        <tbody>
          {query.data.items.map((group) => (
            <tr key={group.key} data-selected={chosen.includes(group.key) || undefined}>
              <td>
                <Checkbox
                  aria-label={`Select ${group.title}`}
                  checked={chosen.includes(group.key)}
                  onChange={() =>
                    setChosen((before) =>
                      before.includes(group.key)
                        ? before.filter((key) => key !== group.key)
                        : [...before, group.key],
                    )
                  }
                />
              </td>
              <td>
                <Link
                  to="/"
                  search={{ group: group.key }}
                  className={classes.name}
                  dir="auto"
                  title={group.title}
                >
                  {group.title}
                </Link>
              </td>
              <td className={classes.number}>{group.count}</td>
              <td>
                {Object.entries(group.statuses)
                  .map(([status, number]) => `${number} ${status}`)
                  .join(", ")}
              </td>
              <td className={classes.number}>
                <Spreaded spread={group.metrics.average_accuracy} />
              </td>
              <td className={classes.number}>
                <Spreaded spread={group.metrics.forgetting} sign={-1} />
              </td>
              <td className={classes.number}>
                <Spreaded spread={group.metrics.capacity_free} />
              </td>
              <td>{titleOf(group.strategy)}</td>
              <td>
                <Moment at={group.newest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
