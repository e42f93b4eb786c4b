import { ActionIcon, Button, Menu, useMantineColorScheme } from "@mantine/core";
import { IconBell, IconDeviceDesktop, IconKeyboard, IconMoon, IconPlus, IconSun } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { accessQuery, healthQuery } from "../api/queries";
import { ProjectMenu } from "../projects/ProjectMenu";
import { useOpenProject } from "../projects/useProject";
import { plural } from "../text/numbers";
import { Late, late } from "./Late";
import classes from "./Shell.module.css";
import { useKeys } from "./useKeys";

const Notices = late(() => import("../notify/Notices").then((module) => module.Notices));
const Shortcuts = late(() => import("./Shortcuts").then((module) => module.Shortcuts));

/** The frame of every page: where one can go, whether workers are there, light or dark. */
export function Shell() {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { data: access } = useQuery(accessQuery);
  const [keysShown, setKeysShown] = useState(false);
  const project = useOpenProject();
  useKeys({
    n: () => mayChange && void navigate({ to: "/new", search: { project } }),
    r: () => void navigate({ to: "/", search: { project } }),
    w: () => void navigate({ to: "/workers" }),
    "?": () => setKeysShown(true),
  });

  return (
    <>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <header className={classes.bar}>
        <Link to="/" className={classes.mark} aria-label="ANPyC Dashboard, all runs">
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d="M3 6c5 0 6 4 8.5 6.5S16 16 21 16" className={classes.first} />
            <path d="M9.5 5.5c4 0 5 2.5 6.5 4s2.5 2.5 5 2.5" className={classes.second} />
          </svg>
          <span>ANPyC</span>
        </Link>
        <ProjectMenu />
        <nav className={classes.nav} aria-label="Pages">
          <Link to="/" search={{ project }} activeOptions={{ exact: true, includeSearch: false }}>
            Runs
          </Link>
          <Link to="/compare" activeOptions={{ includeSearch: false }}>
            Compare
          </Link>
          <Link to="/reports" activeOptions={{ includeSearch: false }}>
            Reports
          </Link>
          <Link to="/workers">
            Workers<span className={classes.wide}> &amp; queue</span>
          </Link>
          {access?.protected && <Link to="/access">Access</Link>}
          <Link to="/numbers" className={classes.wide} activeOptions={{ includeHash: false }}>
            What the numbers mean
          </Link>
        </nav>
        <div className={classes.right}>
          <WorkersOnline />
          <ActionIcon
            aria-label="Keyboard shortcuts"
            onClick={() => setKeysShown(true)}
            className={classes.wide}
          >
            <IconKeyboard size={17} />
          </ActionIcon>
          <ActionIcon
            renderRoot={(props) => <Link to="/notifications" {...props} />}
            aria-label="Notifications"
          >
            <IconBell size={17} />
          </ActionIcon>
          <SchemeMenu />
          {mayChange ? (
            <Button
              renderRoot={(props) => <Link to="/new" search={{ project }} {...props} />}
              leftSection={<IconPlus size={15} />}
              className={classes.new}
              aria-label="New run"
            >
              New run
            </Button>
          ) : (
            <span className={`${classes.workers} ${classes.wide}`}>reads only</span>
          )}
        </div>
      </header>
      <Notes />
      <main id="content" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Late>
        <Notices />
      </Late>
      {keysShown && (
        <Late>
          <Shortcuts onClose={() => setKeysShown(false)} />
        </Late>
      )}
    </>
  );
}

/** What keeps the dashboard from working, with what to do, as long as it lasts. */
function Notes() {
  const { data } = useQuery(healthQuery);
  if (data?.status !== "degraded" || data.notes.length === 0) return null;
  return (
    <div className={classes.notes} role="alert">
      {data.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

function WorkersOnline() {
  const { data, error } = useQuery(healthQuery);
  if (error)
    return (
      <span className={classes.unreachable} role="status">
        server does not answer
      </span>
    );
  if (!data) return null;
  const none = data.workers_online === 0;
  return (
    <Link to="/workers" className={`${classes.workers} ${none ? classes.none : ""} ${classes.wide}`}>
      {none ? "no worker online" : `${plural(data.workers_online, "worker")} online`}
    </Link>
  );
}

const SCHEMES = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "As the system", icon: IconDeviceDesktop },
] as const;

function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = SCHEMES.find(({ value }) => value === colorScheme)?.icon ?? IconSun;
  return (
    <Menu width={170}>
      <Menu.Target>
        <ActionIcon aria-label="Colour scheme">
          <Current size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={15} />}
            onClick={() => setColorScheme(value)}
            aria-current={value === colorScheme}
            fw={value === colorScheme ? 600 : undefined}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
