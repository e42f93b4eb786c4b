import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { groupsQuery } from "../api/queries";
import type { RunGroup } from "../api/types";
import { useNote } from "../notes/keeper";
import { Note } from "../notes/Note";
import { plural } from "../text/numbers";
import classes from "./RunsPage.module.css";

/** As many as a comparison shows. */
const MOST = 200;

/** What a comparison takes for each setting: the seeds together, a single run by itself. */
export function keysOf(settings: RunGroup[]): string[] {
  const keys = settings.map(({ key, count, run_ids }) => (count > 1 ? key : (run_ids[0] ?? key)));
  return keys.slice(0, MOST);
}

/** A sweep may be named by its bare id. */
function noteKey(group: string): string {
  return group.includes(":") ? group : `sweep:${group}`;
}

interface GroupHeadProps {
  group: string;
  onLeave: () => void;
}

/** Says which sweep, or which seeds of one setting, the list is narrowed to. */
export function GroupHead({ group, onLeave }: GroupHeadProps) {
  const { data } = useQuery(groupsQuery("spec", { group }));
  const sweep = useQuery({ ...groupsQuery("sweep", { group }), enabled: !group.startsWith("spec:") });
  const settings = data?.items ?? [];
  const [first] = settings;
  const isSweep = !group.startsWith("spec:");
  const [whole] = isSweep ? (sweep.data?.items ?? []) : settings;
  const several = (data?.total ?? 0) > 1;
  const note = useNote([noteKey(group)], "", isSweep ? "on this sweep" : "on these settings");
  return (
    <div className={`panel ${classes.group}`} data-testid="group">
      <p dir="auto">
        {first && whole && (
          <>
            <strong>{isSweep ? `Sweep: ${whole.title}.` : `“${whole.title}”.`}</strong> {whole.sentence}
          </>
        )}
        {data && !first && "No run of this group is in the list; its runs may be archived or deleted."}
      </p>
      {several && (
        <Button
          renderRoot={(props) => <Link to="/compare" search={{ run: keysOf(settings) }} {...props} />}
          title={(data?.total ?? 0) > MOST ? `The newest ${MOST} of them.` : undefined}
        >
          Compare {plural(Math.min(MOST, data?.total ?? 0), "setting")}
        </Button>
      )}
      <Button variant="default" onClick={onLeave}>
        Leave the group
      </Button>
      {first && (
        <div className={classes.groupNote}>
          <Note keeper={note} offered />
        </div>
      )}
    </div>
  );
}
