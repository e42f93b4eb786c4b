import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { refresh } from "./useRunStream";

it("asks again where the first answer was under way and may be older than the event", async () => {
  const client = new QueryClient();
  let measured = "nothing";
  let answer = () => {};
  const queryFn = async () => {
    const then = measured;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return then;
  };
  const observer = new QueryObserver(client, { queryKey: ["whatif", "R", 2], queryFn });
  const leave = observer.subscribe(() => {});
  measured = "all";
  const refreshed = refresh(client, "R", new Set(["what_if"]));
  answer();
  await expect.poll(() => client.isFetching() === 1 && observer.getCurrentResult().data).toBe("nothing");
  answer();
  await refreshed;
  expect(observer.getCurrentResult().data).toBe("all");
  leave();
});

it("asks once where nothing was under way", async () => {
  const client = new QueryClient();
  let asked = 0;
  const observer = new QueryObserver(client, { queryKey: ["run", "R"], queryFn: async () => ++asked });
  const leave = observer.subscribe(() => {});
  await expect.poll(() => observer.getCurrentResult().data).toBe(1);
  await refresh(client, "R", new Set(["epoch"]));
  expect(asked).toBe(2);
  leave();
});
