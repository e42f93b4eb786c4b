import { Button, Skeleton, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError, messageOf } from "../api/client";
import { runQuery } from "../api/queries";
import { type Run, TERMINAL } from "../api/types";
import { useRunStream } from "../live/useRunStream";
import { useRunNote } from "../notes/keeper";
import { Note } from "../notes/Note";
import { RUN_TABS, type RunTab } from "../search";
import { Late, late } from "../shell/Late";
import { Message } from "../shell/Message";
import { CapacityTab } from "./CapacityTab";
import { Failure } from "./Failure";
import { ForgettingTab } from "./ForgettingTab";
import { Overview } from "./Overview";
import { RunHeader } from "./RunHeader";
import classes from "./RunPage.module.css";

// What is not seen first is loaded when it is asked for.
const MasksTab = late(() => import("../masks/MasksTab").then((module) => module.MasksTab));
const WhatIf = late(() => import("../masks/WhatIf").then((module) => module.WhatIf));
const SystemTab = late(() => import("./SystemTab").then((module) => module.SystemTab));
const LogTab = late(() => import("./LogTab").then((module) => module.LogTab));
const SpecTab = late(() => import("./SpecTab").then((module) => module.SpecTab));
const FamilyTab = late(() => import("./FamilyTab").then((module) => module.FamilyTab));
const FilesTab = late(() => import("./FilesTab").then((module) => module.FilesTab));

const TITLES: Record<RunTab, string> = {
  overview: "Overview",
  forgetting: "Forgetting",
  capacity: "Capacity",
  masks: "Masks",
  system: "System",
  log: "Log",
  spec: "Spec & environment",
  files: "Files",
  family: "Family",
};

/** One run: how it goes, what it forgets, what it frees. */
export function RunPage() {
  const { id } = useParams({ from: "/runs/$id" });
  const query = useQuery(runQuery(id));
  const run = query.data;
  useEffect(() => {
    if (run) document.title = `${run.name} · ANPyC Dashboard`;
  }, [run]);
  if (query.error && !run) {
    const gone = query.error instanceof ApiError && query.error.status === 404;
    return (
      <Message
        title={gone ? "There is no such run" : "The run could not be read"}
        tone={gone ? "plain" : "danger"}
        actions={
          <>
            {!gone && <Button onClick={() => void query.refetch()}>Try again</Button>}
            <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
              All runs
            </Button>
          </>
        }
      >
        {gone ? "It may have been deleted, or the address is not complete." : messageOf(query.error)}
      </Message>
    );
  }
  if (!run) return <Skeleton height={700} radius={6} role="status" aria-label="The run is loading" />;
  // Keyed by the run, so that nothing of one run's page is left on the next.
  return <Page run={run} key={run.id} />;
}

function Page({ run }: { run: Run }) {
  const { tab = "overview" } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const ended = TERMINAL.has(run.status);
  const connection = useRunStream(run.id, !ended, run.last_seq);
  const note = useRunNote(run);
  return (
    <div className={classes.page} data-testid="run" data-status={run.status}>
      <RunHeader run={run} connection={ended ? "closed" : connection} />
      <Note keeper={note} offered />
      {run.error && <Failure run={run} error={run.error} />}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          void navigate({
            search: (before) => ({ ...before, tab: next === "overview" ? undefined : (next as RunTab) }),
            replace: true,
          })
        }
      >
        <Tabs.List className={classes.tabs}>
          {RUN_TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {TITLES[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="forgetting">
          <ForgettingTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="capacity">
          <CapacityTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="masks">
          <Late fallback={<Skeleton height={500} radius={6} />}>
            <MasksTab run={run} />
            <WhatIf run={run} />
          </Late>
        </Tabs.Panel>
        <Tabs.Panel value="system">
          <Late fallback={<Skeleton height={500} radius={6} />}>
            <SystemTab run={run} />
          </Late>
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <Late fallback={<Skeleton height={500} radius={6} />}>
            <LogTab run={run} />
          </Late>
        </Tabs.Panel>
        <Tabs.Panel value="spec">
          <Late fallback={<Skeleton height={500} radius={6} />}>
            <SpecTab run={run} />
          </Late>
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <Late fallback={<Skeleton height={500} radius={6} />}>
            <FilesTab run={run} />
          </Late>
        </Tabs.Panel>
        <Tabs.Panel value="family">
          <Late fallback={<Skeleton height={300} radius={6} />}>
            <FamilyTab run={run} />
          </Late>
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
