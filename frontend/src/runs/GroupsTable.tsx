import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { messageOf } from "../api/client";
import { groupPagesQuery, groupsQuery, type RunsFilter } from "../api/queries";
import type { RunGroup } from "../api/types";
import { useKindTitle } from "../form/KindTitle";
import { drag } from "../projects/dragging";
import { Message } from "../shell/Message";
import { complain } from "../shell/toast";
import { useKeys } from "../shell/useKeys";
import { hundredths, plural, wholeHundredths } from "../text/numbers";
import { keysOf } from "./GroupHead";
import { Heading } from "./Heading";
import { Moment } from "./Moment";
import cards from "./RunCards.module.css";
import classes from "./RunsTable.module.css";
import bar from "./SelectionBar.module.css";

type Spread = RunGroup["metrics"][string];

/** In percent: over seeds mean ± sample deviation, over settings the range of their means. */
function Spreaded({ group, name }: { group: RunGroup; name: string }) {
  const spread = group.metrics[name];
  const write = writing(name);
  if (!spread) return <>–</>;
  if (group.spread_over === "settings")
    return (
      <span title={`The means of ${plural(group.settings, "setting")}, ${plural(spread.n, "run")}.`}>
        {write(spread.low)}
        {spread.high > spread.low && <span className="quiet"> to </span>}
        {spread.high > spread.low && write(spread.high)}
      </span>
    );
  return (
    <span title={seedsIn(spread, write)}>
      {write(spread.mean)}
      {spread.std !== null && <span className="quiet"> ± {hundredths(spread.std)}</span>}
    </span>
  );
}

/** Accuracy and what is free are parts of a whole, forgetting is a difference. */
function writing(name: string): (share: number) => string {
  return name === "forgetting" ? hundredths : wholeHundredths;
}

function seedsIn({ n, low, high }: Spread, write: (share: number) => string): string {
  return n > 1 ? `over ${plural(n, "seed")}, ${write(low)} to ${write(high)}` : "one run";
}

interface GroupColumn {
  title: string;
  sort?: string;
  width?: number;
  number?: boolean;
  metric?: string;
  cell: (group: RunGroup) => ReactNode;
}

const measured = (metric: string) => ({
  sort: metric,
  number: true,
  metric,
  cell: (group: RunGroup) => <Spreaded group={group} name={metric} />,
});

const COLUMNS: GroupColumn[] = [
  {
    title: "Name",
    sort: "name",
    cell: ({ key, title, name, sentence }) => (
      <Link to="/" search={inGroup(key)} className={classes.name} dir="auto" title={sentence}>
        {title}
        {name && !title.startsWith(name) && <span className={classes.beside}>{name}</span>}
      </Link>
    ),
  },
  {
    title: "Runs",
    sort: "count",
    width: 176,
    number: true,
    cell: ({ count, repeated, disagreement }) => (
      <>
        {count}
        {repeated > 0 && (
          <span className="quiet">
            , {repeated} repeated
            {disagreement > 0 && <strong className={classes.differ}>, differing</strong>}
          </span>
        )}
      </>
    ),
  },
  { title: "State", width: 180, cell: ({ statuses }) => inWords(statuses) },
  { title: "Accuracy, %", width: 146, ...measured("average_accuracy") },
  { title: "Forgetting, pt", width: 146, ...measured("forgetting") },
  { title: "Free, %", width: 136, ...measured("capacity_free") },
  {
    title: "Strategy",
    sort: "strategy",
    width: 120,
    cell: ({ strategy }) => <Strategies kinds={strategy.split(", ")} />,
  },
  { title: "Newest", sort: "created", width: 104, cell: ({ newest }) => <Moment at={newest} /> },
];

/** The runs of a group, of the open project. */
const inGroup =
  (group: string) =>
  ({ project }: { project?: string | undefined }) => ({ group, project });

function Strategies({ kinds }: { kinds: string[] }) {
  const titles = kinds.map(useKindTitle("strategy")).join(", ");
  return <span title={titles}>{titles}</span>;
}

function inWords(statuses: Record<string, number>): string {
  return Object.entries(statuses)
    .map(([status, number]) => `${number} ${status}`)
    .join(", ");
}

interface GroupsTableProps {
  by: "spec" | "sweep";
  filter: RunsFilter;
  narrow: boolean;
  onSort: (sort: string) => void;
  /** Asks where to move all runs of these groups. */
  onMove: (keys: string[], what: string) => void;
}

/** Seeds of the same settings, or sweeps, as one row each. */
export function GroupsTable({ by, filter, narrow, onSort, onMove }: GroupsTableProps) {
  const query = useInfiniteQuery(groupPagesQuery(by, filter));
  const [chosen, setChosen] = useState<string[]>([]);
  if (query.error)
    return (
      <Message
        title="The groups could not be read"
        tone="danger"
        actions={<Button onClick={() => void query.refetch()}>Try again</Button>}
      >
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data) return <Skeleton height={300} radius={6} role="status" aria-label="Groups are loading" />;
  const groups = query.data.pages.flatMap((page) => page.items);
  if (groups.length === 0)
    return (
      <Message title={by === "sweep" ? "No sweep yet" : "No run matches"}>
        {by === "sweep"
          ? "Give a setting several values in the form, such as λ = 1, 3, 10, and the runs stand here together."
          : "The filter leaves out every run there is."}
      </Message>
    );
  const choose = (key: string) =>
    setChosen((before) =>
      before.includes(key) ? before.filter((other) => other !== key) : [...before, key],
    );
  return (
    <>
      {chosen.length > 0 && <Chosen keys={chosen} by={by} onMove={onMove} onClear={() => setChosen([])} />}
      {narrow ? (
        <GroupCards groups={groups} />
      ) : (
        <div className={classes.groups}>
          <table className={classes.table} data-testid="groups">
            <colgroup>
              <col style={{ width: 40 }} />
              {COLUMNS.map(({ title, width }) => (
                <col key={title} style={{ width }} />
              ))}
            </colgroup>
            <thead>
              <tr>
                <th scope="col">
                  <span className="visually-hidden">Select</span>
                </th>
                {COLUMNS.map((column) => (
                  <Heading key={column.title} column={column} sort={filter.sort ?? ""} onSort={onSort} />
                ))}
              </tr>
            </thead>
            <tbody
              onDragStart={(event) => {
                const key = (event.target as Element).closest<HTMLElement>("tr[data-group]")?.dataset.group;
                if (!key) return;
                const keys = chosen.includes(key) ? chosen : [key];
                drag(event, keys, plural(keys.length, by === "sweep" ? "sweep" : "group"));
              }}
            >
              {groups.map((group) => (
                <tr
                  key={group.key}
                  data-selected={chosen.includes(group.key) || undefined}
                  data-testid="group-row"
                  data-group={group.key}
                >
                  <td draggable title="Drag onto a project" className={classes.grip}>
                    <input
                      type="checkbox"
                      className={classes.check}
                      aria-label={`Select ${group.title}`}
                      checked={chosen.includes(group.key)}
                      onChange={() => choose(group.key)}
                    />
                  </td>
                  {COLUMNS.map(({ title, number, cell }) => (
                    <td key={title} className={number ? classes.number : undefined}>
                      {cell(group)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          fullWidth
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          More groups
        </Button>
      )}
    </>
  );
}

interface ChosenProps {
  keys: string[];
  by: "spec" | "sweep";
  onMove: (keys: string[], what: string) => void;
  onClear: () => void;
}

const MOST = 200;

/** A sweep is compared setting by setting: the mean over different settings says nothing. */
function Chosen({ keys, by, onMove, onClear }: ChosenProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayChange = useMayChange();
  useKeys({
    m: () => mayChange && onMove(keys, plural(keys.length, by === "sweep" ? "sweep" : "group")),
  });
  const [busy, setBusy] = useState(false);

  async function compare(): Promise<void> {
    if (by === "spec") return navigate({ to: "/compare", search: { run: keys } });
    setBusy(true);
    try {
      const pages = await Promise.all(keys.map((group) => client.fetchQuery(groupsQuery("spec", { group }))));
      const run = [...new Set(pages.flatMap((page) => keysOf(page.items)))].slice(0, MOST);
      await navigate({ to: "/compare", search: { run } });
    } catch (failure) {
      complain("The settings could not be looked up", failure);
    }
    setBusy(false);
  }

  return (
    <section className={bar.bar} aria-label="Selection" data-testid="selection">
      <strong>{plural(keys.length, by === "sweep" ? "sweep" : "group")} selected</strong>
      <Button onClick={() => void compare()} loading={busy} disabled={keys.length > MOST}>
        {by === "sweep" ? "Compare the settings" : `Compare ${keys.length}`}
      </Button>
      {mayChange && (
        <Button
          variant="default"
          title="All of their runs, to a project (m)"
          onClick={() => onMove(keys, plural(keys.length, by === "sweep" ? "sweep" : "group"))}
        >
          Move {keys.length}
        </Button>
      )}
      <Button variant="subtle" color="gray" ml="auto" onClick={onClear}>
        Clear selection
      </Button>
    </section>
  );
}

/** On a narrow screen: title, state and one number. */
function GroupCards({ groups }: { groups: RunGroup[] }) {
  return (
    <ul className={cards.cards} data-testid="groups">
      {groups.map((group) => (
        <li key={group.key} data-testid="group-row">
          <Link to="/" search={inGroup(group.key)} className={`panel ${cards.card}`}>
            <span className={cards.main}>
              <span className={cards.name} dir="auto">
                {group.title}
              </span>
              <span className={cards.value}>
                <Spreaded group={group} name="average_accuracy" /> %
              </span>
            </span>
            <span className={cards.sentence}>
              {group.sentence} {inWords(group.statuses)}. Newest <Moment at={group.newest} />.
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
