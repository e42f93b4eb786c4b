import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import classes from "./MetricTip.module.css";
import { isMeant, MEANINGS, placeOf } from "./metrics";

/** A mark beside a number's name: hovering says in a sentence what it is, a click leads to its formula. */
export function MetricTip({ name }: { name: string }) {
  if (!isMeant(name)) return null;
  return (
    <Tooltip label={MEANINGS[name]}>
      <Link
        to="/numbers"
        hash={placeOf(name)}
        preload={false}
        className={classes.mark}
        aria-label={`What ${name.replaceAll("_", " ")} means`}
      />
    </Tooltip>
  );
}
