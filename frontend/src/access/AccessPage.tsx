import { Button, Checkbox, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api, dataOf, messageOf } from "../api/client";
import { accessQuery } from "../api/queries";
import type { Access, NewToken } from "../api/types";
import { Copy } from "../form/Copy";
import { Moment } from "../runs/Moment";
import { Message } from "../shell/Message";
import { complain, say } from "../shell/toast";
import { plural } from "../text/numbers";
import classes from "./AccessPage.module.css";
import { browserInWords } from "./browser";
import { DEEDS } from "./deeds";
import { signOut } from "./session";

/** Who gets in: this browser, others that are signed in, tokens of people and programs, and what they changed. */
export function AccessPage() {
  const { data: access, error } = useQuery({ ...accessQuery, staleTime: 0 });
  useEffect(() => {
    document.title = "Access · ANPyC Dashboard";
  }, []);
  if (error && !access)
    return (
      <Message title="Access could not be read" tone="danger">
        {messageOf(error)}
      </Message>
    );
  if (!access) return <Skeleton height={420} radius={6} role="status" aria-label="Loading" />;
  if (!access.you)
    return (
      <Message title="Everybody on this machine gets in">
        No <code>ANPYC_TOKEN</code> is set, and no other machine reaches the dashboard. With one, people and
        programs sign in with tokens of their own.
      </Message>
    );
  const { you } = access;
  return (
    <div className={classes.page}>
      <h1>Access</h1>
      <div className={classes.you}>
        <p data-testid="you">
          You are <strong dir="auto">{you.name}</strong>
          {you.is_owner ? ", who has this server’s own token." : you.may_change ? "." : " and may only read."}
        </p>
        <Button variant="default" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
      <Sessions access={access} />
      {you.is_owner && <Tokens access={access} />}
      {you.is_owner && <Changes access={access} />}
    </div>
  );
}

/** A change of who gets in; the page asks anew after it. */
function useChange<A, T>(act: (argument: A) => Promise<T>, refused: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: () => client.invalidateQueries({ queryKey: accessQuery.queryKey }),
    onError: (failure) => complain(refused, failure),
  });
}

function Sessions({ access }: { access: Access }) {
  const mine = access.you?.session_id;
  const end = useChange(
    (id: string) =>
      dataOf(api.DELETE("/api/access/sessions/{session_id}", { params: { path: { session_id: id } } })),
    "The session was not ended",
  );
  const endOthers = useChange(
    () => dataOf(api.DELETE("/api/access/sessions")),
    "The other sessions were not ended",
  );
  const others = access.sessions.filter(({ id }) => id !== mine);
  return (
    <section aria-labelledby="sessions-heading">
      <div className={classes.head}>
        <h2 id="sessions-heading">Signed-in browsers</h2>
        {access.you?.is_owner && others.length > 0 && (
          <Button
            variant="default"
            loading={endOthers.isPending}
            onClick={() =>
              endOthers.mutate(undefined, {
                onSuccess: ({ ended }) => say(`${plural(ended, "browser")} signed out.`),
              })
            }
          >
            Sign out all others
          </Button>
        )}
      </div>
      {access.sessions.length === 0 && <p className="quiet">None. You have come with a token in a header.</p>}
      <ul className={classes.list} data-testid="sessions">
        {access.sessions.map((session) => (
          <li key={session.id} className="panel">
            <span className={classes.what}>
              <strong title={session.browser}>{browserInWords(session.browser)}</strong>
              {session.id === mine && <span className={classes.mark}>this browser</span>}
              <span className="quiet" dir="auto">
                {session.name}, from {session.address}
              </span>
            </span>
            <span className="quiet">
              signed in <Moment at={session.created_at} />, used <Moment at={session.last_used_at} />
            </span>
            {session.id !== mine && (
              <Button
                variant="default"
                aria-label={`Sign out ${browserInWords(session.browser)} of ${session.name}`}
                onClick={() => end.mutate(session.id)}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tokens({ access }: { access: Access }) {
  const [made, setMade] = useState<NewToken>();
  const revoke = useChange(
    (id: string) =>
      dataOf(api.DELETE("/api/access/tokens/{token_id}", { params: { path: { token_id: id } } })),
    "The token was not revoked",
  );
  return (
    <section aria-labelledby="tokens-heading">
      <h2 id="tokens-heading">Tokens of people and programs</h2>
      <p className="quiet">
        A person signs in with one in the form, a program sends it as <code>Authorization: Bearer</code> or
        has it in <code>ANPYC_TOKEN</code>. Whose it was is told beside what it changed.
      </p>
      <NewTokenForm onMade={setMade} />
      {made && (
        <div className={classes.made} role="status" data-testid="made">
          <p>
            The token of <strong dir="auto">{made.name}</strong>. Copy it now: it is shown this once.
          </p>
          <code className={classes.secret}>{made.token}</code>
          <Copy label="Token" text={() => made.token} />
        </div>
      )}
      {access.tokens.length === 0 && <p className="quiet">There are none yet.</p>}
      <ul className={classes.list} data-testid="tokens">
        {access.tokens.map((token) => (
          <li key={token.id} className="panel">
            <span className={classes.what}>
              <strong dir="auto">{token.name}</strong>
              <span className="quiet">{token.may_change ? "may change" : "reads only"}</span>
            </span>
            <span className="quiet">
              made <Moment at={token.created_at} />,{" "}
              {token.last_used_at ? (
                <>
                  used <Moment at={token.last_used_at} />
                </>
              ) : (
                "never used"
              )}
            </span>
            <Button
              variant="default"
              c="var(--danger)"
              aria-label={`Revoke the token of ${token.name}`}
              onClick={() =>
                revoke.mutate(token.id, {
                  onSuccess: () => {
                    if (made?.id === token.id) setMade(undefined);
                    say(`The token of “${token.name}” gets in no more.`);
                  },
                })
              }
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NewTokenForm({ onMade }: { onMade: (token: NewToken) => void }) {
  const [name, setName] = useState("");
  const [mayChange, setMayChange] = useState(false);
  const make = useChange(
    (body: { name: string; may_change: boolean }) => dataOf(api.POST("/api/access/tokens", { body })),
    "The token was not made",
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { name: name.trim(), may_change: mayChange };
    if (body.name)
      make.mutate(body, {
        onSuccess: (token) => {
          onMade(token);
          setName("");
        },
      });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="A person or program"
        dir="auto"
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox
        label="May change"
        mb={7}
        checked={mayChange}
        onChange={(event) => setMayChange(event.currentTarget.checked)}
      />
      <Button type="submit" loading={make.isPending} disabled={!name.trim()}>
        Make a token
      </Button>
    </form>
  );
}

function Changes({ access }: { access: Access }) {
  return (
    <section aria-labelledby="changes-heading">
      <h2 id="changes-heading">What was changed last</h2>
      {access.changes.length === 0 && <p className="quiet">Nothing yet.</p>}
      <ol className={classes.changes} data-testid="changes">
        {access.changes.map((change) => (
          <li key={change.at + change.what + change.run_id}>
            <Moment at={change.at} /> · {DEEDS[change.what]}
            {change.by && (
              <>
                {" "}
                by <strong dir="auto">{change.by}</strong>
              </>
            )}
            {change.subject && (
              <>
                {": "}
                {change.run_id && change.what !== "deleted" ? (
                  <Link to="/runs/$id" params={{ id: change.run_id }} dir="auto">
                    {change.subject}
                  </Link>
                ) : (
                  <span dir="auto">{change.subject}</span>
                )}
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
