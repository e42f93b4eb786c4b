import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { messageOf } from "../api/client";

/** How long an action can be taken back. */
const UNDO_FOR = 10_000;

export function say(message: string): void {
  notifications.show({ message, color: "gray", autoClose: 5_000, withBorder: true });
}

export function complain(title: string, failure: unknown): void {
  notifications.show({
    title,
    message: messageOf(failure),
    color: "red",
    autoClose: 12_000,
    withBorder: true,
    role: "alert",
  });
}

/** Says what was done and offers, for ten seconds, to take it back. */
export function sayWithUndo(message: string, undo: () => Promise<unknown>): void {
  const id = notifications.show({
    color: "gray",
    autoClose: UNDO_FOR,
    withBorder: true,
    message: (
      <span style={{ display: "flex", alignItems: "center", gap: 12 }}>
        <span style={{ flex: 1 }}>{message}</span>
        <Button
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo().catch((failure) => complain("This could not be undone", failure));
          }}
        >
          Undo
        </Button>
      </span>
    ),
  });
}
