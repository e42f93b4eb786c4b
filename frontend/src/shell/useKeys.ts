import { useEffect, useRef } from "react";

/** True where a letter is text, or where a dialogue has the keyboard. */
function taken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input, textarea, select, [role='textbox'], [role='combobox']") ||
    target.closest("[role='dialog'], [role='menu'], [role='listbox']") !== null
  );
}

/** Single keys of the page, by `KeyboardEvent.key`. A handler that returns true leaves the key to the browser. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export function useKeys(keys: Record<string, () => void | boolean>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || taken(event.target))
        return;
      const handler = current.current[event.key];
      if (!handler) return;
      if (handler() !== true) event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
