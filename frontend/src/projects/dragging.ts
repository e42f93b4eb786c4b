/** Rows that are being dragged onto a project. */

import { type DragEvent, useEffect, useSyncExternalStore } from "react";

/** Tells rows that are dragged from any other text. */
const TYPE = "application/x-anpyc-runs";

let dragged: readonly string[] = [];
const listeners = new Set<() => void>();

function set(keys: readonly string[]): void {
  dragged = keys;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The keys of what is dragged now; empty while nothing is. */
export function useDragged(): readonly string[] {
  return useSyncExternalStore(subscribe, () => dragged);
}

/** Begins to drag runs or groups by these keys. */
export function drag(event: DragEvent, keys: readonly string[], what: string): void {
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData(TYPE, keys.join("\n"));
  event.dataTransfer.setData("text/plain", what);
  const ghost = document.createElement("div");
  ghost.textContent = what;
  ghost.className = "drag-ghost";
  document.body.append(ghost);
  event.dataTransfer.setDragImage(ghost, 8, 14);
  setTimeout(() => ghost.remove());
  // Not within the event: a browser ends a drag whose page changes under it.
  setTimeout(() => set(keys));
}

/** Ends it, wherever it was let go. */
export function useDragEnd(): void {
  useEffect(() => {
    const end = () => set([]);
    window.addEventListener("dragend", end);
    window.addEventListener("drop", end);
    return () => {
      window.removeEventListener("dragend", end);
      window.removeEventListener("drop", end);
      end();
    };
  }, []);
}

/** Whether runs are dragged over this. */
export function carriesRuns(event: DragEvent): boolean {
  return event.dataTransfer.types.includes(TYPE);
}

export function keysIn(event: DragEvent): string[] {
  return event.dataTransfer.getData(TYPE).split("\n").filter(Boolean);
}
