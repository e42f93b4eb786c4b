import { ROOT } from "../root";

/** End this browser's session, and show the form to sign in. */
export async function signOut(): Promise<void> {
  await fetch(`${ROOT}/sign-out`, { method: "POST", redirect: "manual" });
  goToSignIn();
}

/** The session has ended: nothing on the page works any more. */
export function goToSignIn(): void {
  window.location.assign(`${ROOT}/sign-in`);
}
