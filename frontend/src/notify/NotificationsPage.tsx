import { Button, Skeleton, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { api, dataOf, messageOf } from "../api/client";
import { Moment } from "../runs/Moment";
import { Message } from "../shell/Message";
import { complain, say } from "../shell/toast";
import classes from "./NotificationsPage.module.css";
import {
  type Delivery,
  deliveriesQuery,
  type Notifications,
  noticesQuery,
  notificationsQuery,
  projectNamesQuery,
  type Rule,
} from "./queries";
import { bodyOf, RuleForm } from "./RuleForm";
import { RESULTS, ruleInWords } from "./words";

/** Who is told of what happens to runs, and how that went. */
export function NotificationsPage() {
  const { data: state, error } = useQuery({ ...notificationsQuery, staleTime: 0 });
  const mayChange = useMayChange();
  useEffect(() => {
    document.title = "Notifications · ANPyC Dashboard";
  }, []);
  if (error && !state)
    return (
      <Message title="Notifications could not be read" tone="danger">
        {messageOf(error)}
      </Message>
    );
  if (!state) return <Skeleton height={420} radius={6} role="status" aria-label="Loading" />;
  return (
    <div className={classes.page}>
      <h1>Notifications</h1>
      <p className={classes.lead}>Be told when a run ends, goes wrong or forgets too much.</p>
      <ThisBrowser />
      <section aria-labelledby="rules-heading">
        <h2 id="rules-heading">Rules</h2>
        {state.items.length === 0 && <p className="quiet">There are none yet.</p>}
        <ul className={classes.list} data-testid="rules">
          {state.items.map((rule) => (
            <RuleItem key={rule.id} rule={rule} state={state} mayChange={mayChange} />
          ))}
        </ul>
        {mayChange && <NewRule state={state} />}
        {state.allowed.length > 0 && (
          <p className="quiet">
            Notifications may go to {state.allowed.join(", ")} and to browsers, as whoever runs the dashboard
            lets them.
          </p>
        )}
      </section>
      <Deliveries />
    </div>
  );
}

/** Asks to show notifications of the system, once somebody wants that. */
function ThisBrowser() {
  const known = "Notification" in window;
  const [permission, setPermission] = useState(known ? Notification.permission : "denied");
  return (
    <section aria-labelledby="browser-heading">
      <h2 id="browser-heading">In this browser</h2>
      <div className={classes.browser}>
        <p>
          {!known
            ? "This browser shows no notifications for this page (they need https or this machine). What rules tell to browsers stands on the page while it is open."
            : permission === "granted"
              ? "What rules tell to browsers is shown as a notification of the system while a page of the dashboard is open, also in the background."
              : permission === "denied"
                ? "The browser does not let this page show notifications; its settings for this site can change that. What rules tell to browsers stands on the page while it is open."
                : "What rules tell to browsers stands on the page while it is open. It can be shown as a notification of the system, too."}
        </p>
        {known && permission === "default" && (
          <Button
            variant="default"
            onClick={() => void Notification.requestPermission().then((answer) => setPermission(answer))}
          >
            Allow notifications
          </Button>
        )}
      </div>
    </section>
  );
}

/** A change of rules; what the page shows of them is asked for anew. */
function useChange<A, T>(act: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: () => {
      for (const { queryKey } of [notificationsQuery, deliveriesQuery, noticesQuery])
        void client.invalidateQueries({ queryKey });
    },
  });
}

function NewRule({ state }: { state: Notifications }) {
  const [open, setOpen] = useState(false);
  const make = useChange((body: ReturnType<typeof bodyOf> & { enabled: boolean }) =>
    dataOf(api.POST("/api/notifications", { body })),
  );
  if (!open)
    return (
      <Button className={classes.new} onClick={() => setOpen(true)}>
        New rule
      </Button>
    );
  return (
    <RuleForm
      state={state}
      pending={make.isPending}
      failure={make.error}
      onCancel={() => setOpen(false)}
      onSubmit={(draft) =>
        make.mutate({ ...bodyOf(draft), enabled: true }, { onSuccess: () => setOpen(false) })
      }
    />
  );
}

function RuleItem({ rule, state, mayChange }: { rule: Rule; state: Notifications; mayChange: boolean }) {
  const projects = useQuery(projectNamesQuery).data?.items ?? [];
  const [editing, setEditing] = useState(false);
  const path = { rule_id: rule.id };
  const edit = useChange((body: Partial<ReturnType<typeof bodyOf>> & { enabled?: boolean }) =>
    dataOf(api.PATCH("/api/notifications/{rule_id}", { params: { path }, body })),
  );
  const test = useChange(() => dataOf(api.POST("/api/notifications/{rule_id}/test", { params: { path } })));
  const remove = useChange(() => dataOf(api.DELETE("/api/notifications/{rule_id}", { params: { path } })));
  if (editing)
    return (
      <li>
        <RuleForm
          state={state}
          rule={rule}
          pending={edit.isPending}
          failure={edit.error}
          onCancel={() => setEditing(false)}
          onSubmit={(draft) => {
            const { channel: _channel, address, project_id, ...rest } = bodyOf(draft);
            edit.mutate(
              { ...rest, project_id: project_id ?? "", ...(address.trim() ? { address } : {}) },
              { onSuccess: () => setEditing(false) },
            );
          }}
        />
      </li>
    );
  const project = projects.find(({ id }) => id === rule.project_id)?.name ?? rule.project_id;
  return (
    <li className={`panel ${classes.rule}`} data-enabled={rule.enabled}>
      <div className={classes.what}>
        <strong dir="auto">{rule.name}</strong>
        <span>{ruleInWords(rule, project)}</span>
        {rule.hint && <span className={classes.failure}>{rule.hint}</span>}
      </div>
      {mayChange && (
        <div className={classes.buttons}>
          <Switch
            label="On"
            aria-label={`${rule.name}: on`}
            checked={rule.enabled}
            onChange={({ currentTarget: { checked } }) =>
              edit.mutate(
                { enabled: checked },
                { onError: (failure) => complain("The rule was not changed", failure) },
              )
            }
          />
          <Button
            variant="default"
            aria-label={`Send a test by ${rule.name}`}
            loading={test.isPending}
            onClick={() =>
              test.mutate(undefined, {
                onSuccess: () => say("A test was sent off. How it went is told below."),
                onError: (failure) => complain("No test was sent", failure),
              })
            }
          >
            Send a test
          </Button>
          <Button variant="default" aria-label={`Change ${rule.name}`} onClick={() => setEditing(true)}>
            Change
          </Button>
          <Button
            variant="default"
            c="var(--danger)"
            aria-label={`Delete ${rule.name}`}
            onClick={() =>
              remove.mutate(undefined, {
                onSuccess: () => say(`“${rule.name}” tells nothing any more.`),
                onError: (failure) => complain("The rule was not deleted", failure),
              })
            }
          >
            Delete
          </Button>
        </div>
      )}
    </li>
  );
}

function Deliveries() {
  const { data } = useQuery(deliveriesQuery);
  return (
    <section aria-labelledby="deliveries-heading">
      <h2 id="deliveries-heading">What was told last</h2>
      {data?.items.length === 0 && <p className="quiet">Nothing yet.</p>}
      <ol className={classes.deliveries} data-testid="deliveries">
        {data?.items.map((delivery) => (
          <li key={delivery.id} data-status={delivery.status}>
            <DeliveryInWords delivery={delivery} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function DeliveryInWords({ delivery }: { delivery: Delivery }) {
  const { title, run_id, rule, status, tries, trouble, created_at, next_try_at } = delivery;
  const again = status === "pending" && tries > 0 && next_try_at;
  return (
    <>
      <span className="quiet">
        <Moment at={created_at} />
      </span>
      <span className={classes.what}>
        {run_id ? (
          <Link to="/runs/$id" params={{ id: run_id }} dir="auto">
            {title}
          </Link>
        ) : (
          <span dir="auto">{title}</span>
        )}
        <span className="quiet" dir="auto">
          by {rule}
        </span>
      </span>
      <span className={classes.result}>
        {RESULTS[status]}
        {again && (
          <>
            , again <Moment at={next_try_at} />
          </>
        )}
        {trouble && <span className="quiet"> {trouble}</span>}
      </span>
    </>
  );
}
