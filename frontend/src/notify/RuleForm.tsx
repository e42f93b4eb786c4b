import { Button, Checkbox, Fieldset, NumberInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, messageOf } from "../api/client";
import classes from "./NotificationsPage.module.css";
import { type Channel, type EventName, type Notifications, projectNamesQuery, type Rule } from "./queries";
import { CHANNELS, EVENTS } from "./words";

export interface RuleDraft {
  name: string;
  events: EventName[];
  forgetting: number | null;
  project_id: string | null;
  channel: Channel;
  address: string;
}

const ADDRESS: Record<Exclude<Channel, "browser">, [string, string]> = {
  email: ["Addresses", "anna@lab.example, bo@lab.example"],
  webhook: ["Address", "https://hooks.lab.example/…"],
  chat: ["Address, as Apprise writes it", "slack://TokenA/TokenB/TokenC/#channel"],
};

interface RuleFormProps {
  state: Notifications;
  /** The rule that is changed; a new one otherwise. */
  rule?: Rule;
  pending: boolean;
  failure: unknown;
  onSubmit: (draft: RuleDraft) => void;
  onCancel?: () => void;
}

/** A rule to be made or changed. */
export function RuleForm({ state, rule, pending, failure, onSubmit, onCancel }: RuleFormProps) {
  const projects = useQuery(projectNamesQuery).data?.items ?? [];
  const [draft, setDraft] = useState<RuleDraft>(() => draftOf(rule));
  const change = (part: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...part }));
  const channel = state.channels.find((one) => one.channel === draft.channel);
  const field = failure instanceof ApiError ? (failure.problems[0]?.field ?? "") : "";
  const errorAt = (name: string) => (failure && field === name ? messageOf(failure) : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ ...draft, name: draft.name.trim() });
  };
  const needsAddress = draft.channel !== "browser";
  const complete =
    draft.name.trim() !== "" &&
    draft.events.length > 0 &&
    (!needsAddress || rule !== undefined || draft.address.trim() !== "");
  return (
    <form
      className={`panel ${classes.form}`}
      onSubmit={submit}
      aria-label={rule ? "Change the rule" : "New rule"}
    >
      <TextInput
        label="Name"
        placeholder="What it is for"
        dir="auto"
        maxLength={80}
        value={draft.name}
        error={errorAt("name")}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        label="Runs of"
        data={[
          { value: "", label: "All projects" },
          ...projects.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={draft.project_id ?? ""}
        error={errorAt("project_id")}
        onChange={(value) => change({ project_id: value || null })}
        allowDeselect={false}
        searchable={projects.length > 8}
      />
      <Fieldset legend="When a run" className={classes.events}>
        {(Object.keys(EVENTS) as EventName[]).map((event) => (
          <Checkbox
            key={event}
            label={EVENTS[event]}
            checked={draft.events.includes(event)}
            onChange={({ currentTarget: { checked } }) =>
              change({
                events: checked ? [...draft.events, event] : draft.events.filter((one) => one !== event),
              })
            }
          />
        ))}
        {draft.events.includes("forgetting") && (
          <NumberInput
            label="Forgetting above"
            suffix=" %"
            min={0}
            max={100}
            decimalScale={1}
            value={(draft.forgetting ?? 0.1) * 100}
            error={errorAt("forgetting")}
            onChange={(value) => change({ forgetting: Number(value) / 100 })}
          />
        )}
      </Fieldset>
      <Select
        label="By"
        data={(Object.keys(CHANNELS) as Channel[]).map((value) => ({ value, label: CHANNELS[value] }))}
        value={draft.channel}
        onChange={(value) => value && change({ channel: value as Channel, address: "" })}
        allowDeselect={false}
        disabled={rule !== undefined}
        description={rule ? undefined : channel?.hint}
      />
      {needsAddress && (
        <TextInput
          label={ADDRESS[draft.channel as Exclude<Channel, "browser">][0]}
          placeholder={rule ? "As it is" : ADDRESS[draft.channel as Exclude<Channel, "browser">][1]}
          description="It is not shown again once it is saved."
          maxLength={2_000}
          autoComplete="off"
          value={draft.address}
          error={errorAt("address")}
          disabled={channel?.ready === false}
          onChange={(event) => change({ address: event.currentTarget.value })}
        />
      )}
      {failure !== null &&
        failure !== undefined &&
        !["name", "project_id", "forgetting", "address"].includes(field) && (
          <p role="alert" className={classes.failure}>
            {messageOf(failure)}
          </p>
        )}
      <div className={classes.buttons}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {rule ? "Leave it as it is" : "Cancel"}
          </Button>
        )}
        <Button type="submit" loading={pending} disabled={!complete || channel?.ready === false}>
          {rule ? "Save" : "Make the rule"}
        </Button>
      </div>
    </form>
  );
}

function draftOf(rule: Rule | undefined): RuleDraft {
  return {
    name: rule?.name ?? "",
    events: rule?.events ?? ["succeeded", "failed"],
    forgetting: rule?.forgetting ?? null,
    project_id: rule?.project_id ?? null,
    channel: rule?.channel ?? "browser",
    address: "",
  };
}

/** What is sent for a new rule: the threshold only where it counts. */
export function bodyOf(draft: RuleDraft) {
  const forgets = draft.events.includes("forgetting");
  return { ...draft, forgetting: forgets ? (draft.forgetting ?? 0.1) : null };
}
