import { expect, test } from "vitest";
import type { Rule } from "./queries";
import { untold } from "./seen";
import { ruleInWords } from "./words";

const RULE: Rule = {
  id: "1",
  name: "n",
  project_id: null,
  events: ["succeeded", "failed", "forgetting"],
  forgetting: 0.1,
  channel: "webhook",
  shown: "https://hooks.lab.example/…",
  enabled: true,
  hint: "",
  made_by: null,
  created_at: "",
  updated_at: "",
};

test("a rule is told in a sentence", () => {
  expect(ruleInWords(RULE, "Paper")).toBe(
    "When a run of Paper ends, fails or forgets more than 10.0 %, by webhook to https://hooks.lab.example/…",
  );
  expect(ruleInWords({ ...RULE, events: ["diverged"], channel: "browser", shown: "" }, null)).toBe(
    "When a run diverges, in the browser.",
  );
});

test("a notice is told once, the oldest first, and none of before the browser came", () => {
  const newest = [{ id: "C" }, { id: "B" }, { id: "A" }];
  expect(untold(newest, "A").map(({ id }) => id)).toEqual(["B", "C"]);
  expect(untold(newest, "C")).toEqual([]);
  expect(untold(newest, null)).toEqual([]);
});
