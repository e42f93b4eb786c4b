import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useMayChange } from "../access/useAccess";
import { submitRun } from "../api/actions";
import { newKey } from "../api/key";
import { catalogQuery } from "../api/queries";
import type { Spec } from "../form/draft";
import { complain } from "../shell/toast";
import classes from "./FirstRun.module.css";

/** The preset that needs no download and ends within a minute; without one, the defaults, which need none either. */
function firstSpec(presets: Record<string, unknown> | undefined): Spec {
  const preset = Object.entries(presets ?? {}).find(([name]) => /demo|quick|digits/.test(name))?.[1];
  return { ...(preset as Spec | undefined), name: "" };
}

/** What a new installation shows: one click away from the first run. */
export function FirstRun() {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { data: catalog } = useQuery(catalogQuery);
  const key = useRef(newKey());
  const start = useMutation({
    mutationFn: () => submitRun(firstSpec(catalog?.presets), key.current),
    onSuccess: (run) => void navigate({ to: "/runs/$id", params: { id: run.id } }),
    onError: (failure) => complain("The run was not queued", failure),
  });
  return (
    <div className={classes.page} data-testid="empty">
      <Curves />
      <h1>Nothing has been run yet</h1>
      <p>
        A run trains a network on one task after the other, and shows while it trains what is being forgotten
        and which parameters have been freed. The first one learns five orderings of the pixels of real
        handwritten digits with ANPyC. Nothing is downloaded, and it takes about a minute.
      </p>
      {mayChange && (
        <div className={classes.actions}>
          <Button
            size="sm"
            onClick={() => start.mutate()}
            loading={start.isPending || start.isSuccess}
            disabled={!catalog}
          >
            Start a first run
          </Button>
          <Button size="sm" variant="default" renderRoot={(props) => <Link to="/new" {...props} />}>
            Set up a run of my own
          </Button>
          <Button size="sm" variant="default" renderRoot={(props) => <Link to="/studies/new" {...props} />}>
            Compare methods in a study
          </Button>
        </div>
      )}
    </div>
  );
}

/** Three tasks, each losing a little as the next is learnt: a drawing of the idea, not of data. */
function Curves() {
  return (
    <svg viewBox="0 0 360 120" className={classes.drawing} role="presentation">
      <path d="M120 8V112M240 8V112" className={classes.boundary} />
      <path d="M8 104C24 30 44 18 120 18C150 18 170 34 240 38C280 40 310 52 352 55" className={classes.one} />
      <path d="M120 104C136 34 156 20 240 20C270 21 300 30 352 33" className={classes.two} />
      <path d="M240 104C256 36 276 20 352 19" className={classes.three} />
    </svg>
  );
}
