import type { ReactNode } from "react";
import classes from "./Message.module.css";

interface MessageProps {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  tone?: "plain" | "danger";
}

/** A page or panel that has only something to say. */
export function Message({ title, children, actions, tone = "plain" }: MessageProps) {
  return (
    <div className={classes.message} data-tone={tone} role={tone === "danger" ? "alert" : undefined}>
      <h2>{title}</h2>
      <div className={classes.text}>{children}</div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
