import { Combobox, Loader, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { completionsQuery } from "../api/queries";
import type { Offer } from "../api/types";
import { useKeys } from "../shell/useKeys";
import { isWords } from "./clauses";
import classes from "./FilterBox.module.css";

interface FilterBoxProps {
  /** The filter that the list is under. */
  value: string;
  onChange: (filter: string) => void;
  /** Words without a comparison are searched for. */
  onSearch: (words: string) => void;
}

const PAUSE = 80;
/** So long after the last key a filter that can be understood is applied. */
const APPLIED_AFTER = 500;

/** The server counts characters, a string of JavaScript pairs of surrogates. */
const characters = (text: string, units: number) => [...text.slice(0, units)].length;
const units = (text: string, count: number) => [...text].slice(0, count).join("").length;

/** One line in which a filter is typed: completed by the server, which also says where it is wrong. */
export function FilterBox({ value, onChange, onSearch }: FilterBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [at, setAt] = useState(value.length);
  const [focused, setFocused] = useState(false);
  /** The id of the offer that the arrows have come to. */
  const [active, setActive] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const sent = useRef(value);
  const combobox = useCombobox();
  const [asked] = useDebouncedValue(text, PAUSE);
  const cursor = characters(asked, Math.min(at, asked.length));
  const query = useQuery({ ...completionsQuery(asked, cursor), enabled: focused || text !== "" });
  const known = !query.isPlaceholderData && asked === text ? query.data : undefined;
  const [insisted, setInsisted] = useState(false);
  const wrong = text.trim() && !isWords(text) ? known?.error : undefined;
  // What is just being typed is not wrong yet.
  const unfinished = focused && !insisted && at >= text.length && wrong?.position.end === [...text].length;
  const error = wrong && !unfinished ? wrong : undefined;

  useEffect(() => {
    // The address changed by other means: a chip, back, "Clear".
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);

  const apply = (next: string) => {
    const wanted = next.trim();
    if (wanted === sent.current) return;
    sent.current = wanted;
    onChange(wanted);
  };
  const fits = known !== undefined && known.error === null;
  useEffect(() => {
    if (!fits) return;
    const timer = setTimeout(() => apply(text), APPLIED_AFTER);
    return () => clearTimeout(timer);
  });
  useKeys({ "/": () => input.current?.focus() });

  const put = (offer: string) => {
    if (!known) return;
    setActive(undefined);
    const start = units(text, known.start);
    const rest = text.slice(units(text, known.end));
    const space = offer.endsWith("(") || /^[\s),]/.test(rest) ? "" : " ";
    const next = `${text.slice(0, start)}${offer}${space}${rest}`;
    const place = start + offer.length + space.length;
    setText(next);
    setAt(place);
    requestAnimationFrame(() => input.current?.setSelectionRange(place, place));
  };
  const offers = focused ? ((known ?? query.data)?.items ?? []) : [];
  const first = offers[0];
  const any = offers.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store is another one with each drawing.
  useEffect(() => {
    if (any) combobox.openDropdown();
    else combobox.closeDropdown();
  }, [any]);

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = combobox.getSelectedOptionIndex();
    if (event.key.startsWith("Arrow"))
      requestAnimationFrame(() => setActive(list.current?.querySelector("[data-combobox-selected]")?.id));
    if (event.key === "Tab" && !event.shiftKey && combobox.dropdownOpened && first && chosen < 0) {
      const begun = known && known.end > known.start;
      if (!begun) return;
      event.preventDefault();
      put(first.text);
    } else if (event.key === "Enter" && !(combobox.dropdownOpened && chosen >= 0)) {
      combobox.closeDropdown();
      if (isWords(text)) {
        setText(value);
        onSearch(text.trim());
      } else if (fits || !text.trim()) apply(text);
      else setInsisted(true);
    } else if (event.key === "Escape") {
      if (combobox.dropdownOpened) combobox.closeDropdown();
      else input.current?.blur();
    }
  };

  return (
    <div className={classes.box}>
      <Combobox store={combobox} onOptionSubmit={put} withinPortal={false} position="bottom-start">
        <Combobox.Target withAriaAttributes={false}>
          <TextInput
            ref={input}
            aria-label="Filter"
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={combobox.dropdownOpened && any}
            aria-controls={combobox.dropdownOpened && any ? (combobox.listId ?? undefined) : undefined}
            aria-activedescendant={combobox.dropdownOpened && any ? active : undefined}
            error={Boolean(error)}
            placeholder="strategy = anpyc and lam > 3, or words to search for"
            leftSection={<IconFilter size={14} />}
            rightSection={query.isFetching && focused ? <Loader size={12} /> : <kbd aria-hidden>/</kbd>}
            value={text}
            spellCheck={false}
            autoComplete="off"
            maxLength={2_000}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setAt(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
              setInsisted(false);
              setActive(undefined);
              if (any) combobox.openDropdown();
              combobox.resetSelectedOption();
            }}
            onSelect={(event) => setAt(event.currentTarget.selectionStart ?? text.length)}
            onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
            onFocus={() => setFocused(true)}
            onBlur={() => {
              setFocused(false);
              combobox.closeDropdown();
            }}
            onKeyDown={onKeyDown}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={!any}>
          {error && <p className={classes.error}>{error.message}</p>}
          <Combobox.Options ref={list} className={classes.options} aria-label="What may be typed">
            {offers.map((offer) => (
              <OfferOption key={`${offer.text} ${offer.detail}`} offer={offer} />
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {error && (
        <>
          <div aria-hidden className={classes.mirror}>
            <div style={{ transform: `translateX(${-scrolled}px)` }}>
              {text.slice(0, units(text, error.position.start))}
              <mark data-testid="wrong">
                {text.slice(units(text, error.position.start), units(text, error.position.end)) || "\u00a0"}
              </mark>
            </div>
          </div>
          <p role="status" className={focused && offers.length > 0 ? "visually-hidden" : classes.error}>
            {error.message}
          </p>
        </>
      )}
    </div>
  );
}

function OfferOption({ offer }: { offer: Offer }) {
  return (
    <Combobox.Option value={offer.text} className={classes.offer}>
      <span className={classes.text}>{offer.text}</span>
      <span className={classes.title}>{offer.title}</span>
      <span className={classes.detail}>{offer.detail}</span>
    </Combobox.Option>
  );
}
