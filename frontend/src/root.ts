/** Where a proxy shows the dashboard, such as `/anpyc`; "" at the top. The server writes it into the page. */
export const ROOT = rootOf(
  typeof document === "undefined"
    ? null
    : document.querySelector<HTMLMetaElement>('meta[name="anpyc-root"]')?.content,
);

/** A path without its final slash. Vite's own server leaves "./" as it was built. */
export function rootOf(written: string | null | undefined): string {
  return written?.startsWith("/") ? written.replace(/\/+$/, "") : "";
}

/** The dashboard's address, as programs need it. */
export const dashboard = (): string => `${window.location.origin}${ROOT}`;
