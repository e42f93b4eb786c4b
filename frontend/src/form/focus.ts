/** Brings the input of a path into view, or of the nearest path above it. */
export function focusField(path: string): void {
  for (let steps = path.split("."); steps.length > 0; steps = steps.slice(0, -1)) {
    const place = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(steps.join("."))}"]`);
    if (!place) continue;
    const input = place.matches("input, textarea")
      ? place
      : place.querySelector<HTMLElement>("input, textarea");
    (input ?? place).focus({ preventScroll: true });
    place.scrollIntoView({ block: "center" });
    return;
  }
}
