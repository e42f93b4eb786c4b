import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, ResumingStream, type StreamEvent } from "./stream";

class FakeSource {
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  private listeners = new Map<string, (event: MessageEvent<string>) => void>();

  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(kind: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(kind, listener);
  }

  close(): void {
    this.readyState = 2;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  sends(kind: string, id: string, data: object = {}): void {
    this.listeners.get(kind)?.({ data: JSON.stringify(data), lastEventId: id } as MessageEvent<string>);
  }
}

function started(after: string | null = null) {
  const sources: FakeSource[] = [];
  const events: StreamEvent[] = [];
  const states: Connection[] = [];
  const polls: number[] = [];
  const stream = new ResumingStream({
    url: (seq) => `/events?after=${seq ?? ""}`,
    kinds: ["epoch"],
    after,
    numbered: true,
    onEvent: (event) => events.push(event),
    onConnection: (state) => states.push(state),
    onPoll: () => polls.push(1),
    open: (url) => {
      const source = new FakeSource(url);
      sources.push(source);
      return source as unknown as EventSource;
    },
  });
  const last = () => sources.at(-1) as FakeSource;
  return { stream, sources, events, states, polls, last };
}

describe("ResumingStream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("resumes after the last event seen", () => {
    const { stream, last, states } = started("3");
    expect(last().url).toBe("/events?after=3");
    expect(stream.last).toBe("3");
    last().opens();
    last().sends("epoch", "4");
    expect(stream.last).toBe("4");
    last().onerror?.();
    expect(states.at(-1)).toBe("reconnecting");
    vi.advanceTimersByTime(1_000);
    expect(last().url).toBe("/events?after=4");
    last().opens();
    expect(states.at(-1)).toBe("live");
  });

  it("drops an event that it has seen", () => {
    const { last, events } = started();
    last().sends("epoch", "9");
    last().sends("epoch", "9");
    last().sends("epoch", "10");
    expect(events).toHaveLength(2);
  });

  it("polls when the stream stays away, and stops once it is back", () => {
    const { last, polls, states } = started();
    for (let failure = 0; failure < 3; failure += 1) {
      last().onerror?.();
      vi.advanceTimersByTime(2_000);
    }
    expect(states.at(-1)).toBe("polling");
    vi.advanceTimersByTime(4_000);
    expect(polls.length).toBeGreaterThan(0);
    last().opens();
    const before = polls.length;
    vi.advanceTimersByTime(20_000);
    expect(polls).toHaveLength(before);
    expect(states.at(-1)).toBe("live");
  });

  it("opens anew a stream that has been silent for too long", () => {
    const { last, sources, states } = started("3");
    last().opens();
    last().sends("epoch", "4");
    vi.advanceTimersByTime(40_000);
    last().sends("epoch", "5");
    vi.advanceTimersByTime(40_000);
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(sources).toHaveLength(2);
    expect(last().url).toBe("/events?after=5");
    expect(states.at(-1)).toBe("live");
    last().onerror?.();
    expect(states.at(-1)).toBe("reconnecting");
  });

  it("notices on waking that it has slept", () => {
    const { stream, last, sources } = started("3");
    last().opens();
    stream.wake();
    expect(sources).toHaveLength(1);
    vi.setSystemTime(Date.now() + 3_600_000); // no timer runs while a machine sleeps
    stream.wake();
    expect(sources).toHaveLength(2);
  });

  it("ends for good at the end event", () => {
    const { last, sources, states } = started();
    last().sends("end", "");
    expect(states.at(-1)).toBe("closed");
    last().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});
