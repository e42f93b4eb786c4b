import { ActionIcon, Group, NumberInput, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client";
import { queueQuery } from "../api/queries";
import type { components } from "../api/schema";
import type { Queue } from "../api/types";
import { complain } from "../shell/toast";

type Edit = components["schemas"]["QueueEdit"];
type Waiting = Queue["items"][number];

/** A priority as it is read: its sign says which way it goes. */
export function signed(priority: number): string {
  return priority > 0 ? `+${priority}` : priority < 0 ? `−${-priority}` : "0";
}

/** Changes the place of one waiting run; the queue that is answered stands on the page at once. */
function useOrder(run: Waiting) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (edit: Edit) =>
      dataOf(api.PATCH("/api/queue/{run_id}", { params: { path: { run_id: run.run_id } }, body: edit })),
    onSuccess: (queue) => client.setQueryData(queueQuery.queryKey, queue),
    onError: (failure) => {
      complain("The queue could not be changed", failure);
      void client.invalidateQueries({ queryKey: queueQuery.queryKey });
    },
  });
}

const MOVES = [
  { to: "first", sign: "⤒", words: "Move to the front" },
  { to: "up", sign: "↑", words: "Move up" },
  { to: "down", sign: "↓", words: "Move down" },
  { to: "last", sign: "⤓", words: "Move to the end" },
] as const;

/** Four buttons that move a run; those that would change nothing cannot be pressed. */
export function PlaceButtons({ run, depth }: { run: Waiting; depth: number }) {
  const order = useOrder(run);
  return (
    <Group gap={2} wrap="nowrap">
      {MOVES.map(({ to, sign, words }) => {
        const stays = to === "first" || to === "up" ? run.position === 1 : run.position === depth;
        return (
          <Tooltip key={to} label={words}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${words}: ${run.name}`}
              disabled={stays || order.isPending}
              onClick={() => order.mutate({ move: to })}
            >
              <span aria-hidden>{sign}</span>
            </ActionIcon>
          </Tooltip>
        );
      })}
    </Group>
  );
}

/** The priority, to be typed: those with a higher one are taken before. */
export function PriorityOf({ run }: { run: Waiting }) {
  const order = useOrder(run);
  const [typed, setTyped] = useState<number | string | null>(null);
  const keep = () => {
    if (typeof typed === "number" && typed !== run.priority) order.mutate({ priority: typed });
    setTyped(null);
  };
  return (
    <NumberInput
      size="xs"
      w={72}
      min={-100}
      max={100}
      clampBehavior="strict"
      allowDecimal={false}
      aria-label={`Priority of ${run.name}`}
      value={typed ?? run.priority}
      onChange={setTyped}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") keep();
        if (event.key === "Escape") setTyped(null);
      }}
    />
  );
}
