import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { type Delivery, noticesQuery } from "./queries";
import { keepTold, toldLast, untold } from "./seen";

/** Tells what rules send to browsers: on the page, and as notifications of the system where that is let. */
export function Notices() {
  const { data } = useQuery(noticesQuery);
  const navigate = useNavigate();
  const told = useRef<string | null>(toldLast());
  useEffect(() => {
    if (!data) return;
    const open = (run: string) => void navigate({ to: "/runs/$id", params: { id: run } });
    // Another tab may have told some meanwhile; on the page each tab tells them.
    for (const notice of untold(data.items, told.current)) tell(notice, open);
    told.current = data.items[0]?.id ?? told.current ?? "";
    keepTold(told.current);
  }, [data, navigate]);
  return null;
}

function tell({ id, title, rule, run_id }: Delivery, open: (run: string) => void) {
  notifications.show({
    id: `notice-${id}`,
    title: rule,
    message: title,
    color: "gray",
    autoClose: 15_000,
    withBorder: true,
    onClick: () => run_id && open(run_id),
  });
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    // The same tag in every tab: the system shows it once.
    const shown = new Notification(title, { body: rule, tag: `anpyc-${id}` });
    shown.onclick = () => {
      window.focus();
      if (run_id) open(run_id);
      shown.close();
    };
  } catch {
    // Some browsers of telephones let none but workers show them; the page has told it.
  }
}
