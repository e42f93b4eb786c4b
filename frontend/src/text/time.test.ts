import { describe, expect, it } from "vitest";
import { ago, duration } from "./time";

describe("duration", () => {
  it("uses the two largest units", () => {
    expect(duration(0.42)).toBe("0.4 s");
    expect(duration(192)).toBe("3 m 12 s");
    expect(duration(7_500)).toBe("2 h 5 m");
    expect(duration(3 * 86_400 + 4 * 3_600)).toBe("3 d 4 h");
    expect(duration(null)).toBe("–");
  });
});

describe("ago", () => {
  const now = Date.parse("2026-03-12T12:00:00Z");
  it("is relative for a week, then a date", () => {
    expect(ago("2026-03-12T11:59:55Z", now)).toBe("just now");
    expect(ago("2026-03-12T11:55:00Z", now)).toBe("5 min ago");
    expect(ago("2026-03-12T09:00:00Z", now)).toBe("3 h ago");
    expect(ago("2026-01-12T09:00:00Z", now)).toBe("12 Jan 2026");
  });
});
