/** What a number means, in a sentence; its formula stands in the guide at the anchor that its name makes. */

export const MEANINGS = {
  average_accuracy: "Mean over all tasks learnt so far, after the last of them.",
  learning_accuracy: "Mean accuracy on each task when it was just learnt.",
  forgetting:
    "What the tasks have lost on average since they were best, in percentage points. Positive is a loss.",
  backward_transfer:
    "What later tasks changed on earlier ones since each was learnt, in percentage points. Negative is a loss.",
  forward_transfer: "How much better a task is answered before it is trained than by the untrained network.",
  intransigence: "How much worse each task was learnt than a joint run of the same setting learns it.",
  pruning_loss: "What pruning took from a task in its own rounds, in percentage points. Positive is a loss.",
  capacity_free: "Share of the prunable parameters that no task holds.",
  interval: "The 95 % confidence interval of the mean over seeds, by Student's t.",
  told_apart:
    "Ahead is who is better by more than chance between seeds explains: p below 0.05 in a paired t-test, after Holm's correction.",
  spread: "The sample standard deviation over runs that differ in nothing but the seed.",
} as const;

export type Meant = keyof typeof MEANINGS;

export function isMeant(name: string): name is Meant {
  return name in MEANINGS;
}

/** Where the guide's page on numbers tells about it: average_accuracy → average-accuracy. */
export function placeOf(name: Meant): string {
  return name.replaceAll("_", "-");
}
