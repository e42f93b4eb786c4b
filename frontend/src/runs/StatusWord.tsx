import type { Status } from "../api/types";
import classes from "./StatusWord.module.css";

/** Dot and word: never colour alone. */
export function StatusWord({ status, stopping = false }: { status: Status; stopping?: boolean }) {
  const word = stopping && status === "running" ? "stopping" : status;
  return (
    <span className={classes.status} data-status={status} data-testid="status">
      <span className={classes.dot} aria-hidden />
      {word}
    </span>
  );
}
