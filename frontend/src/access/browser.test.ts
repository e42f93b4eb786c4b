import { expect, it } from "vitest";
import { browserInWords } from "./browser";

it("names a browser and its system", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";
  expect(browserInWords(chrome)).toBe("Chrome on Linux");
  expect(browserInWords(`${chrome} Edg/130.0`)).toBe("Edge on Linux");
  expect(browserInWords("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604")).toBe(
    "Safari on iPhone",
  );
});

it("shows what it does not know as it is", () => {
  expect(browserInWords("python-httpx/0.28")).toBe("python-httpx/0.28");
  expect(browserInWords("")).toBe("a browser that says nothing");
});
