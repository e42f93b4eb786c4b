import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { messageOf } from "../api/client";
import { familyQuery } from "../api/queries";
import type { Member, Run } from "../api/types";
import { lost } from "../runs/columns";
import { Moment } from "../runs/Moment";
import { StatusWord } from "../runs/StatusWord";
import { Message } from "../shell/Message";
import { percent, plural } from "../text/numbers";
import classes from "./Family.module.css";
import { type Branch, branches, comparedOf, descendants, FEW } from "./family";

/** Where the run comes from and what was made from it: copies, retries and forks as a tree. */
export function FamilyTab({ run }: { run: Run }) {
  const query = useQuery(familyQuery(run.id));
  const tree = useMemo(() => branches(query.data?.items ?? []), [query.data]);
  if (query.error)
    return (
      <Message
        title="The family could not be read"
        tone="danger"
        actions={<Button onClick={() => void query.refetch()}>Try again</Button>}
      >
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data)
    return <Skeleton height={300} radius={6} role="status" aria-label="The family is loading" />;
  const { items, total } = query.data;
  if (items.length < 2)
    return (
      <Message title="Made from no other run, and none was made from it">
        A clone, with or without another setting, and a retry of what failed stand here below the run that
        they were made from.
      </Message>
    );
  const compared = comparedOf(items, run.id);
  return (
    <section className={`panel ${classes.family}`} aria-label="Family" data-testid="family">
      <div className={classes.head}>
        <h2>{plural(total, "run")}</h2>
        {total > items.length && (
          <span className="quiet">
            {items.length} are shown: those nearest to the first, and all that this one comes from.
          </span>
        )}
        <Button
          size="xs"
          variant="default"
          ml="auto"
          renderRoot={(props) => <Link to="/compare" search={{ run: compared }} {...props} />}
        >
          {compared.length < items.length
            ? `Compare ${compared.length} of them`
            : `Compare all ${items.length}`}
        </Button>
      </div>
      <Level branches={tree} here={run.id} label="Runs by which they were made from" />
    </section>
  );
}

interface LevelProps {
  branches: Branch[];
  here: string;
  label?: string;
}

/** Runs that were made from the same one. Of many the first few, and the one that leads to where the reader is. */
function Level({ branches: all, here, label }: LevelProps) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? all : all.filter((branch, place) => place < FEW || holds(branch, here));
  return (
    <ul className={classes.level} aria-label={label}>
      {shown.map((branch) => (
        <Node key={branch.member.id} branch={branch} here={here} />
      ))}
      {shown.length < all.length && (
        <li>
          <Button variant="subtle" size="compact-xs" onClick={() => setWhole(true)}>
            {all.length - shown.length} more
          </Button>
        </li>
      )}
    </ul>
  );
}

const holds = (branch: Branch, id: string): boolean =>
  branch.member.id === id || branch.below.some((each) => holds(each, id));

function Node({ branch: { member, below }, here }: { branch: Branch; here: string }) {
  const inLine = below.some((each) => holds(each, here)) || member.id === here;
  const [open, setOpen] = useState(inLine || member.depth < 3);
  const hidden = descendants(below);
  return (
    <li>
      <div className={classes.row} data-here={member.id === here || undefined} data-testid="family-row">
        {below.length > 0 ? (
          <button
            type="button"
            className={classes.fold}
            aria-expanded={open}
            aria-label={`Made from ${member.name}`}
            onClick={() => setOpen((before) => !before)}
          >
            {open ? "▾" : "▸"}
          </button>
        ) : (
          <span className={classes.fold} aria-hidden />
        )}
        <span className={classes.status}>
          <StatusWord status={member.status} />
        </span>
        <Name member={member} isHere={member.id === here} />
        {member.kinship && <span className={classes.kin}>{member.kinship}</span>}
        <span className={classes.changes} dir="auto">
          {member.changes.join(" · ")}
        </span>
        <span className={classes.numbers}>
          {member.average_accuracy !== null && (
            <>
              {percent(member.average_accuracy)}
              <span className="quiet"> accuracy, </span>
              {lost(member.forgetting)}
              <span className="quiet"> forgotten, </span>
            </>
          )}
          <span className="quiet">
            <Moment at={member.created_at} />
          </span>
        </span>
      </div>
      {below.length > 0 &&
        (open ? (
          <Level branches={below} here={here} />
        ) : (
          <p className={classes.closed}>{plural(hidden, "run")} below</p>
        ))}
    </li>
  );
}

function Name({ member, isHere }: { member: Member; isHere: boolean }) {
  return (
    <Link
      to="/runs/$id"
      params={{ id: member.id }}
      search={{ tab: "family" }}
      className={classes.name}
      aria-current={isHere ? "page" : undefined}
      dir="auto"
      title={member.name}
    >
      {member.name}
    </Link>
  );
}
