import { ROOT } from "../root";

/** End this browser's session, and show the form to sign in. */
export async function signOut(): Promise<void> {
  await fetch(`${ROOT}/sign-out`, { method: "POST", redirect: "manual" });
  window.location.assign(`${ROOT}/sign-in`);
}

/** The session has ended: nothing on the page works any more. Signing in leads back to it. */
export function goToSignIn(): void {
  const { pathname, search } = window.location;
  const to = pathname.slice(ROOT.length) + search;
  window.location.assign(`${ROOT}/sign-in?${new URLSearchParams({ to })}`);
}
