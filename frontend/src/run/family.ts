/** The family of a run as a tree, and what of it is compared. */

import type { Member } from "../api/types";

export interface Branch {
  member: Member;
  below: Branch[];
}

/** So many of one run's copies are shown until more are asked for. */
export const FEW = 20;
/** As many as a comparison takes. */
const MOST_COMPARED = 50;

/** The runs at the top, each with what was made from it. */
export function branches(members: readonly Member[]): Branch[] {
  const byId = new Map<string, Branch>();
  const top: Branch[] = [];
  for (const member of members) {
    const branch = { member, below: [] };
    byId.set(member.id, branch);
    (byId.get(member.parent ?? "")?.below ?? top).push(branch);
  }
  return top;
}

export function descendants(below: readonly Branch[]): number {
  return below.reduce((sum, branch) => sum + 1 + descendants(branch.below), 0);
}

/** All of them where a comparison takes so many; else the run, what it comes from, and then the newest. */
export function comparedOf(members: readonly Member[], here: string): string[] {
  if (members.length <= MOST_COMPARED) return members.map(({ id }) => id);
  const byId = new Map(members.map((member) => [member.id, member]));
  const chosen = new Set<string>();
  for (let above = byId.get(here); above; above = byId.get(above.parent ?? "")) chosen.add(above.id);
  // Ids are in the order of age.
  for (const { id } of [...members].sort((a, b) => (a.id < b.id ? 1 : -1))) {
    if (chosen.size >= MOST_COMPARED) break;
    chosen.add(id);
  }
  return members
    .filter(({ id }) => chosen.has(id))
    .map(({ id }) => id)
    .slice(0, MOST_COMPARED);
}
