import { Tooltip } from "@mantine/core";
import classes from "./ConnectionPill.module.css";
import type { Connection } from "./stream";

const WORDS: Record<Connection, { word: string; help: string }> = {
  connecting: { word: "connecting", help: "Opening the event stream." },
  live: { word: "live", help: "What the worker reports shows here within a second." },
  reconnecting: {
    word: "reconnecting",
    help: "The event stream was cut. Nothing is lost: it resumes after the last event seen.",
  },
  polling: {
    word: "polling",
    help: "No event stream can be had, so the page asks every three seconds and keeps trying to reconnect.",
  },
  closed: { word: "ended", help: "Nothing more will change here." },
};

/** How current the page is. */
export function ConnectionPill({ connection }: { connection: Connection }) {
  const { word, help } = WORDS[connection];
  return (
    <Tooltip label={help}>
      <span className={classes.pill} data-testid="connection" data-state={connection} role="status">
        <span className={classes.dot} aria-hidden />
        {word}
      </span>
    </Tooltip>
  );
}
