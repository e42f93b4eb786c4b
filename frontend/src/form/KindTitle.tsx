import { useQuery } from "@tanstack/react-query";
import { catalogQuery } from "../api/queries";
import { kindsOf, titleOf } from "./schema";

interface KindTitleProps {
  part: "benchmark" | "dataset" | "model" | "strategy";
  kind: string;
}

const read = new WeakMap<object, Record<string, Record<string, string>>>();

/** What the kinds of a part are called, read once from each schema. */
function titlesIn(schema: object, part: string): Record<string, string> {
  const known = read.get(schema) ?? {};
  known[part] ??= Object.fromEntries(kindsOf(schema, part).map(({ value, label }) => [value, label]));
  read.set(schema, known);
  return known[part];
}

/** What a kind is called by the part of the specification that it is. */
export function useKindTitle(part: KindTitleProps["part"]): (kind: string) => string {
  const { data: catalog } = useQuery(catalogQuery);
  return (kind) => (catalog && titlesIn(catalog.schema, part)[kind]) ?? titleOf(kind);
}

/** The same of any part; a kind of what is no part of its own is written as it is called. */
export function useKindTitles(): (part: string, kind: string) => string {
  const titles = {
    benchmark: useKindTitle("benchmark"),
    dataset: useKindTitle("dataset"),
    model: useKindTitle("model"),
    strategy: useKindTitle("strategy"),
  };
  return (part, kind) => (part in titles ? titles[part as keyof typeof titles](kind) : titleOf(kind));
}

/** A kind as a person writes it. */
export function KindTitle({ part, kind }: KindTitleProps) {
  return <>{useKindTitle(part)(kind)}</>;
}
