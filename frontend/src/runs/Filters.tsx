import { MultiSelect, Select, Switch, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { catalogQuery } from "../api/queries";
import { kindsOf } from "../form/schema";
import { COLUMN_INFO } from "./columns";
import { COLUMNS, type View, wanted, wanting } from "./view";

interface FiltersProps {
  view: View;
  onChange: (part: Partial<View>) => void;
  /** Where no table heads can be clicked, the order is chosen here. */
  withSort: boolean;
}

const PARTS = [
  ["strategy", "Strategies"],
  ["benchmark", "Benchmarks"],
  ["dataset", "Data sets"],
] as const;

const SORTS = COLUMNS.flatMap((column) => {
  const { sort, title } = COLUMN_INFO[column];
  if (!sort) return [];
  return [
    { value: sort, label: `${title}, ascending` },
    { value: `-${sort}`, label: `${title}, descending` },
  ];
});

/** The filters that are needed less often. */
export function Filters({ view, onChange, withSort }: FiltersProps) {
  const { data: catalog } = useQuery(catalogQuery);
  return (
    <>
      {PARTS.map(([part, label]) => (
        <MultiSelect
          key={part}
          label={label}
          placeholder={wanted(view, part).length ? "" : "All"}
          value={wanted(view, part)}
          onChange={(kinds) => onChange(wanting(view, part, kinds))}
          data={catalog ? kindsOf(catalog.schema, part) : []}
          comboboxProps={{ withinPortal: false }}
          searchable
        />
      ))}
      <TagsInput
        label="With the tags"
        placeholder="Tag, then Enter"
        value={wanted(view, "tag")}
        onChange={(tags) => onChange(wanting(view, "tag", tags))}
        comboboxProps={{ withinPortal: false }}
      />
      {withSort && (
        <Select
          label="Order"
          value={view.sort ?? "-created"}
          onChange={(sort) => onChange({ sort: !sort || sort === "-created" ? undefined : sort })}
          data={SORTS}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
      )}
      <Switch
        label="Archived runs instead"
        checked={view.archived ?? false}
        onChange={(event) => onChange({ archived: event.currentTarget.checked || undefined })}
      />
    </>
  );
}
