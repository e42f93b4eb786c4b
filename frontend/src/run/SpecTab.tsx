import { useQuery } from "@tanstack/react-query";
import { stringify } from "yaml";
import { DEEDS } from "../access/deeds";
import { catalogQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Copy } from "../form/Copy";
import { asCommand, asPython, kindFirst } from "../form/command";
import { draftOf, read, type Spec } from "../form/draft";
import { type JsonSchema, readSchema } from "../form/schema";
import { dashboard } from "../root";
import { Moment } from "../runs/Moment";
import { absolute, duration } from "../text/time";
import classes from "./RunPage.module.css";

/** What was asked for, on what it ran, and how to ask for it again. */
export function SpecTab({ run }: { run: Run }) {
  const { data: catalog } = useQuery(catalogQuery);
  const spec = run.spec as unknown as Spec;
  const yaml = stringify(kindFirst(spec), { flowCollectionPadding: false });
  const nodes = catalog ? readSchema(catalog.schema as JsonSchema) : [];
  const defaults = read(nodes, draftOf(nodes)).spec;
  const facts: [string, string][] = [
    ["Run", run.id],
    ["Hash of the settings", run.spec_hash.slice(0, 12)],
    ["Created", absolute(run.created_at)],
    ["Started", absolute(run.started_at)],
    ["Finished", absolute(run.finished_at)],
    ["Time trained", duration(run.seconds)],
    ["Attempt", String(run.attempt)],
    ["Worker", run.worker ?? "–"],
  ];
  return (
    <div className={classes.halves}>
      <section className={`panel ${classes.box}`} aria-label="Specification">
        <div className={classes.boxHead}>
          <h2>Specification</h2>
          <Copy label="YAML" text={() => yaml} />
          <Copy label="Command" text={() => asCommand(spec, defaults)} />
          <Copy label="Python" text={() => asPython(spec, dashboard())} />
        </div>
        <pre className={classes.code}>{yaml}</pre>
      </section>
      <div className={classes.stack} style={{ alignContent: "start" }}>
        <section className={`panel ${classes.box}`} aria-label="The run">
          <h2>The run</h2>
          <Pairs items={facts} />
        </section>
        <section className={`panel ${classes.box}`} aria-label="History">
          <h2>History</h2>
          <ol className={classes.history} data-testid="history">
            {run.history.map((deed) => (
              <li key={deed.at + deed.what}>
                {DEEDS[deed.what]}
                {deed.by && (
                  <>
                    {" "}
                    by <strong dir="auto">{deed.by}</strong>
                  </>
                )}
                , <Moment at={deed.at} />
              </li>
            ))}
          </ol>
          {run.history.length === 0 && <p className="quiet">Older than its history is kept.</p>}
        </section>
        <section className={`panel ${classes.box}`} aria-label="Environment">
          <h2>Environment</h2>
          {Object.keys(run.environment).length ? (
            <Pairs
              items={Object.entries(run.environment).map(([name, value]) => [name, String(value ?? "–")])}
            />
          ) : (
            <p className="quiet">Known once a worker has begun.</p>
          )}
        </section>
      </div>
    </div>
  );
}

function Pairs({ items }: { items: [string, string][] }) {
  return (
    <dl className={classes.pair}>
      {items.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd>{value || "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
