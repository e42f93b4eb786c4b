/** One event stream that survives: it resumes after the last event seen, and says how it stands. */

/** `live`: events arrive. `reconnecting`: cut, trying again. `polling`: cut for long, the page asks instead. */
export type Connection = "connecting" | "live" | "reconnecting" | "polling" | "closed";

export interface StreamEvent {
  kind: string;
  data: Record<string, unknown>;
}

export interface StreamOptions {
  /** The address that continues after `seq`; null is the beginning. */
  url: (after: string | null) => string;
  kinds: readonly string[];
  after?: string | null;
  /** Ids grow by at least one from event to event, so that a repetition can be told. */
  numbered?: boolean;
  onEvent: (event: StreamEvent) => void;
  onConnection: (connection: Connection) => void;
  /** Called every few seconds while no stream can be had. */
  onPoll: () => void;
  open?: (url: string) => EventSource;
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 10_000;
const POLL_EVERY = 3_000;
const TRIES_BEFORE_POLLING = 2;
/** A stream that has been silent for this long may be dead without knowing it, so it is opened anew. */
const LONGEST_SILENCE = 45_000;
const LISTEN_EVERY = 5_000;

export class ResumingStream {
  private source: EventSource | null = null;
  private lastId: string | null;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private poll: ReturnType<typeof setInterval> | null = null;
  private heardAt = Date.now();
  private readonly watch: ReturnType<typeof setInterval>;
  private closed = false;

  private readonly options: StreamOptions;

  constructor(options: StreamOptions) {
    this.options = options;
    this.lastId = options.after ?? null;
    options.onConnection("connecting");
    this.connect();
    this.watch = setInterval(() => this.listen(), LISTEN_EVERY);
  }

  /** The id of the last event seen, or where the stream was told to begin. */
  get last(): string | null {
    return this.lastId;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.source?.close();
    if (this.retry) clearTimeout(this.retry);
    clearInterval(this.watch);
    this.stopPolling();
    this.options.onConnection("closed");
  }

  /** Tries at once instead of after the wait: the tab has woken or the network is back. */
  wake(): void {
    if (this.closed) return;
    if (this.source?.readyState === 1) this.listen();
    else this.connect();
  }

  /**
   * A machine that slept, or a network that went away, leaves a stream that seems open and says nothing, like
   * one of a run in a long epoch: opening it anew costs little, and only if that fails is anything wrong.
   */
  private listen(): void {
    if (this.source?.readyState !== 1 || Date.now() - this.heardAt <= LONGEST_SILENCE) return;
    this.heardAt = Date.now();
    this.connect();
  }

  private connect(): void {
    if (this.retry) clearTimeout(this.retry);
    this.source?.close();
    const open = this.options.open ?? ((url: string) => new EventSource(url));
    const source = open(this.options.url(this.lastId));
    this.source = source;
    source.onopen = () => {
      this.heardAt = Date.now();
      this.failures = 0;
      this.stopPolling();
      this.options.onConnection("live");
    };
    source.onerror = () => this.lost(source);
    for (const kind of this.options.kinds)
      source.addEventListener(kind, (event) => this.receive(kind, event));
    source.addEventListener("end", () => this.close());
  }

  private receive(kind: string, event: MessageEvent<string>): void {
    this.heardAt = Date.now();
    if (this.closed || this.seen(event.lastEventId)) return;
    if (event.lastEventId) this.lastId = event.lastEventId;
    this.options.onEvent({ kind, data: JSON.parse(event.data) as Record<string, unknown> });
  }

  /** Sequence numbers only grow, so what is not past the last one is a repetition. */
  private seen(id: string): boolean {
    if (!this.options.numbered || !id || this.lastId === null) return false;
    const [next, last] = [Number(id), Number(this.lastId)];
    return Number.isFinite(next) && Number.isFinite(last) && next <= last;
  }

  private lost(source: EventSource): void {
    if (this.closed || source !== this.source) return;
    source.close();
    this.failures += 1;
    if (this.failures > TRIES_BEFORE_POLLING) this.startPolling();
    else this.options.onConnection("reconnecting");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
    this.retry = setTimeout(() => this.connect(), wait);
  }

  private startPolling(): void {
    this.options.onConnection("polling");
    this.poll ??= setInterval(this.options.onPoll, POLL_EVERY);
  }

  private stopPolling(): void {
    if (this.poll) clearInterval(this.poll);
    this.poll = null;
  }
}
