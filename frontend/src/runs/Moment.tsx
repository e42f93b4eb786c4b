import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { absolute, ago } from "../text/time";

/** A moment as "5 min ago", in full on hover, growing older by itself. */
export function Moment({ at }: { at: string | null | undefined }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span>–</span>;
  return (
    <Tooltip label={absolute(at)}>
      <time dateTime={at}>{ago(at)}</time>
    </Tooltip>
  );
}
