import { describe, expect, it } from "vitest";
import { asCommand, asPython } from "./command";

const DEFAULTS = { name: "", strategy: { kind: "anpyc", lam: 3 }, model: { hidden: [128, 64] }, seed: 0 };

describe("asCommand", () => {
  it("names only what differs from the defaults", () => {
    const spec = { ...DEFAULTS, strategy: { kind: "anpyc", lam: 7 }, seed: 4 };
    expect(asCommand(spec, DEFAULTS)).toBe("anpyc train \\\n  --set strategy.lam=7 \\\n  --seed 4");
  });

  it("quotes what a shell would read", () => {
    const spec = { ...DEFAULTS, name: "it's $HOME", model: { hidden: [5] } };
    expect(asCommand(spec, DEFAULTS)).toBe(
      "anpyc train \\\n  --set 'name=it'\\''s $HOME' \\\n  --set 'model.hidden=[5]'",
    );
  });
});

describe("asCommand for a sweep", () => {
  it("loops over every value", () => {
    const text = asCommand(DEFAULTS, DEFAULTS, { "strategy.lam": [1, 3], seed: [0, 1] });
    expect(text).toBe(
      "for strategy_lam in 1 3; do\nfor seed in 0 1; do\n" +
        'anpyc train \\\n  --set "strategy.lam=$strategy_lam" \\\n  --seed "$seed"\ndone\ndone',
    );
  });
});

describe("asPython", () => {
  it("writes Python's own constants", () => {
    const text = asPython({ a: null, b: true, c: { d: [1, "x"] } }, "http://localhost:8000");
    expect(text).toContain('"a": None');
    expect(text).toContain('"b": True');
    expect(text).toContain('"d": [1, "x"]');
    expect(text).toContain("http://localhost:8000/api/runs");
    expect(text).toContain('os.environ.get("ANPYC_TOKEN")');
    expect(text).toContain("headers=headers)");
  });

  it("sends a sweep as a sweep", () => {
    const text = asPython({ seed: 0 }, "http://localhost:8000", { "strategy.lam": [1, 3], seed: [0, 1] });
    expect(text).toContain("/api/sweeps");
    expect(text).toContain('"strategy.lam": [1, 3]');
    expect(text).toContain('"seeds": [0, 1]');
  });
});
