import { Link } from "@tanstack/react-router";
import { Message } from "./Message";

export function NotFound() {
  return (
    <Message title="There is no such page">
      The address may be misspelt or from an older version. <Link to="/">All runs</Link> are a good place to
      go on from.
    </Message>
  );
}
