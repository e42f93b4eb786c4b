import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { messageOf } from "../api/client";
import { Message } from "./Message";

/** In place of a page that could not be drawn. */
export function Crash({ error }: ErrorComponentProps) {
  return (
    <Message
      title="This page could not be shown"
      tone="danger"
      actions={
        <>
          <Button onClick={() => window.location.reload()}>Reload</Button>
          <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
            All runs
          </Button>
        </>
      }
    >
      Runs go on all the same. What went wrong: {messageOf(error)}
    </Message>
  );
}
