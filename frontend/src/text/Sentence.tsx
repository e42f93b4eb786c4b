import { createElement, Fragment } from "react";

/** What the server says, commands in it (`anpyc prune`) set as such. */
export function Sentence({ text }: { text: string }) {
  const parts = text
    .split("`")
    .map((part, place) => (place % 2 === 1 ? createElement("code", null, part) : part));
  return createElement(Fragment, null, ...parts);
}
