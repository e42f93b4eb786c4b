import { Button, Popover, TagsInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { cancelRun, deleteRun, editRun, refreshLists, restoreRun, retryRun } from "../api/actions";
import { type RunSummary, TERMINAL } from "../api/types";
import { complain, say, sayWithUndo } from "../shell/toast";
import { plural } from "../text/numbers";
import classes from "./SelectionBar.module.css";

interface SelectionBarProps {
  chosen: string[];
  runs: RunSummary[];
  onDone: () => void;
}

const ALL_AT_ONCE = 50;

/** What can be done with the selected runs. Every button says how many it touches. */
export function SelectionBar({ chosen, runs, onDone }: SelectionBarProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const known = runs.filter((run) => chosen.includes(run.id));
  const active = known.filter((run) => !TERMINAL.has(run.status) && !run.cancel_requested);
  const ended = known.filter((run) => TERMINAL.has(run.status));
  const archived = known.length > 0 && known.every((run) => run.archived);

  async function onEach(these: RunSummary[], act: (run: RunSummary) => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    const outcomes = await Promise.allSettled(these.map(act));
    setBusy(false);
    refreshLists(client);
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    const [first] = failed;
    if (first) complain(`${plural(failed.length, "run")} of ${these.length} refused`, first.reason);
    return failed.length < these.length;
  }

  async function archive(): Promise<void> {
    const these = known;
    const to = !archived;
    if (!(await onEach(these, (run) => editRun(run.id, { archived: to })))) return;
    onDone();
    sayWithUndo(`${plural(these.length, "run")} ${to ? "archived" : "taken out of the archive"}.`, () =>
      onEach(these, (run) => editRun(run.id, { archived: !to })),
    );
  }

  async function remove(): Promise<void> {
    const these = ended;
    if (!(await onEach(these, (run) => deleteRun(run.id)))) return;
    onDone();
    sayWithUndo(`${plural(these.length, "run")} deleted.`, () => onEach(these, (run) => restoreRun(run.id)));
  }

  async function tag(tags: string[]): Promise<void> {
    const before = new Map(known.map((run) => [run.id, run.tags]));
    const these = known;
    if (!(await onEach(these, (run) => editRun(run.id, { tags: [...new Set([...run.tags, ...tags])] }))))
      return;
    sayWithUndo(`${plural(these.length, "run")} tagged.`, () =>
      onEach(these, (run) => editRun(run.id, { tags: before.get(run.id) ?? [] })),
    );
  }

  return (
    <section className={classes.bar} aria-label="Selection" data-testid="selection">
      <strong>{plural(chosen.length, "run")} selected</strong>
      <Button
        onClick={() => void navigate({ to: "/compare", search: { run: chosen.slice(0, ALL_AT_ONCE) } })}
        disabled={chosen.length > ALL_AT_ONCE}
        title={chosen.length > ALL_AT_ONCE ? `At most ${ALL_AT_ONCE} can be compared.` : undefined}
      >
        Compare {chosen.length}
      </Button>
      <TagButton onTags={(tags) => void tag(tags)} />
      <Button variant="default" disabled={busy} onClick={() => void archive()}>
        {archived ? "Unarchive" : "Archive"} {known.length}
      </Button>
      {active.length > 0 && (
        <Button
          variant="default"
          disabled={busy}
          onClick={() =>
            void onEach(active, (run) => cancelRun(run.id)).then(
              (any) => any && say(`${plural(active.length, "run")} asked to stop.`),
            )
          }
        >
          Cancel {active.length}
        </Button>
      )}
      {ended.length > 0 && (
        <>
          <Button
            variant="default"
            disabled={busy}
            onClick={() =>
              void onEach(ended, (run) => retryRun(run.id)).then(
                (any) => any && say(`${plural(ended.length, "run")} queued again as new runs.`),
              )
            }
          >
            Retry {ended.length}
          </Button>
          <Button
            variant="default"
            color="red"
            c="var(--danger)"
            disabled={busy}
            onClick={() => void remove()}
          >
            Delete {ended.length}
          </Button>
        </>
      )}
      <Button variant="subtle" color="gray" onClick={onDone} ml="auto">
        Clear selection
      </Button>
    </section>
  );
}

function TagButton({ onTags }: { onTags: (tags: string[]) => void }) {
  const [opened, setOpened] = useState(false);
  const [tags, setTags] = useState<string[]>([]);
  const close = () => {
    setOpened(false);
    if (tags.length) onTags(tags);
    setTags([]);
  };
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} width={260} shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(true)}>
          Add tags
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TagsInput
          label="Add the tags"
          placeholder="Tag, then Enter"
          value={tags}
          onChange={setTags}
          data-autofocus
        />
        <Button mt="xs" onClick={close} fullWidth>
          Add
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
