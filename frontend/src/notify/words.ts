import { percent } from "../text/numbers";
import type { Channel, Delivery, EventName, Rule } from "./queries";

export const EVENTS: Record<EventName, string> = {
  succeeded: "ends",
  failed: "fails",
  diverged: "diverges",
  forgetting: "forgets too much",
  worker_lost: "loses its worker",
};

export const CHANNELS: Record<Channel, string> = {
  browser: "Browser",
  email: "E-mail",
  webhook: "Webhook",
  chat: "Chat service",
};

export const RESULTS: Record<Delivery["status"], string> = {
  pending: "waits to be sent",
  sending: "is being sent",
  sent: "sent",
  failed: "not sent",
  unsure: "may have arrived; not sent again",
};

/** "When a run of Paper ends or forgets more than 10.0 %, by webhook to https://hooks.lab.example/…" */
export function ruleInWords(rule: Rule, project: string | null): string {
  const events = rule.events.map((event) =>
    event === "forgetting" ? `forgets more than ${percent(rule.forgetting)}` : EVENTS[event],
  );
  const last = events.pop();
  const happens = events.length ? `${events.join(", ")} or ${last}` : last;
  const where = rule.shown ? ` to ${rule.shown}` : "";
  const by = rule.channel === "browser" ? "in the browser" : `by ${CHANNELS[rule.channel].toLowerCase()}`;
  const end = where.endsWith("…") ? "" : ".";
  return `When a run${project ? ` of ${project}` : ""} ${happens}, ${by}${where}${end}`;
}
