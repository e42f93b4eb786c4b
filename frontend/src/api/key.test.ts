import { afterEach, describe, expect, it, vi } from "vitest";
import { newKey } from "./key";

afterEach(() => vi.unstubAllGlobals());

describe("newKey", () => {
  it("is 32 hexadecimal digits, another each time", () => {
    const keys = Array.from({ length: 100 }, newKey);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("needs nothing that only secure pages have", () => {
    const getRandomValues = crypto.getRandomValues.bind(crypto);
    vi.stubGlobal("crypto", { getRandomValues });
    expect(newKey()).toHaveLength(32);
  });
});
