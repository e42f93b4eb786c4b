import { useEffect, useRef } from "react";

const TEXT =
  "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [role=textbox], [role=combobox]";
const CONTROLS = "button, a, input, [role=slider], [role=tab], [role=radio]";

/** True where the key belongs to what has the focus: text, a dialogue, or a control that arrows and Space move. */
function taken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches(TEXT)) return true;
  if (target.closest("[role=dialog], [role=menu], [role=listbox]")) return true;
  const moves = key === " " || key === "Enter" || key.startsWith("Arrow");
  return moves && target.matches(CONTROLS);
}

/** Single keys of the page, by `KeyboardEvent.key`, with `Shift+` before it where that makes another one. A handler that returns true leaves the key to the browser. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export function useKeys(keys: Record<string, () => void | boolean>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (taken(event.target, event.key)) return;
      const shifted = event.shiftKey ? current.current[`Shift+${event.key}`] : undefined;
      const handler = shifted ?? current.current[event.key];
      if (!handler) return;
      if (handler() !== true) event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
