import { Menu } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { siblingsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { StatusWord } from "../runs/StatusWord";
import classes from "./RunHeader.module.css";

/** Which run of its sweep this is, and the way to the others. */
export function SweepPlace({ run }: { run: Run }) {
  const [opened, setOpened] = useState(false);
  const { data } = useQuery({ ...siblingsQuery(run.id), enabled: opened });
  if (!run.group_id) return null;
  return (
    <span className={classes.fact}>
      in a{" "}
      <Link to="/" search={{ group: `sweep:${run.group_id}` }}>
        sweep
      </Link>
      {run.label && ": "}
      <Menu opened={opened} onChange={setOpened} width={320} position="bottom-start">
        <Menu.Target>
          <button type="button" className={classes.sibling} title="The other runs of the sweep" dir="auto">
            {run.label || "the others"} <IconChevronDown size={12} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
          {(data?.items ?? []).map(({ id, label, status }) => (
            <Menu.Item
              key={id}
              renderRoot={(props) => <Link to="/runs/$id" params={{ id }} {...props} />}
              aria-current={id === run.id ? "page" : undefined}
              rightSection={<StatusWord status={status} />}
              dir="auto"
            >
              {id === run.id ? <strong>{label}</strong> : label}
            </Menu.Item>
          ))}
          {!data && <Menu.Item disabled>Loading</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

/** What the run was made from, and what it changed of that. */
export function MadeFrom({ run }: { run: Run }) {
  if (!run.parent) return null;
  const { id, name, changes } = run.parent;
  return (
    <span className={classes.fact} dir="auto">
      {run.parent_relation === "retry" ? "a retry of " : "copied from "}
      <Link to="/runs/$id" params={{ id }}>
        {name}
      </Link>
      {changes.length > 0 && `: ${changes.join(", ")}`}
    </span>
  );
}
