import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import type { RunSearch } from "../search";
import { type Change, changeOf, goesOn } from "./history";

export type SetAddress = (part: Partial<RunSearch>, played?: boolean) => void;

/** What stands in the run's address, and how to change it: with an entry in the history for each thing done. */
export function useAddress(): [RunSearch, SetAddress] {
  const search = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const last = useRef<Change | null>(null);
  const set: SetAddress = (part, played = false) => {
    const change = changeOf(part, Date.now());
    const replace = played || goesOn(last.current, change);
    last.current = change;
    void navigate({ search: (before) => ({ ...before, ...part }), replace, resetScroll: false });
  };
  return [search, set];
}
