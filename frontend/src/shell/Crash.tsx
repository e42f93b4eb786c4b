import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { PartFailed } from "./Late";

/** In place of a page that could not be loaded or drawn. */
export function Crash({ error }: ErrorComponentProps) {
  return (
    <PartFailed
      failure={error}
      title="This page could not be shown"
      actions={
        <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
          All runs
        </Button>
      }
    />
  );
}
