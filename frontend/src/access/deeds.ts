import type { Deed } from "../api/types";

/** What somebody did, as the beginning of a sentence. */
export const DEEDS: Record<Deed["what"], string> = {
  submitted: "Submitted",
  cancelled: "Cancelled",
  resumed: "Resumed",
  edited: "Edited",
  deleted: "Deleted",
  restored: "Restored",
  what_if: "What-if asked",
  what_if_cancelled: "What-if cancelled",
  drained: "Worker drained",
  undrained: "Worker takes runs again",
  token_made: "Token made",
  token_revoked: "Token revoked",
  session_ended: "Session ended",
  pruned: "Pruned",
  moved: "Moved",
  noted: "Note written",
  project_made: "Project made",
  project_edited: "Project edited",
  project_deleted: "Project deleted",
  view_made: "View saved",
  view_edited: "View changed",
  view_deleted: "View deleted",
};

/** Who did this to a run last; null where nobody has a name. */
export function lastBy(history: readonly Deed[], ...what: Deed["what"][]): string | null {
  return history.findLast((deed) => what.includes(deed.what))?.by ?? null;
}
