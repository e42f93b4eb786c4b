/**
 * Gathers what changed and hands it on, at most once per `interval` and never while the last hand-over
 * still runs: a slow server is asked less often, not more.
 */
export class Gatherer<T> {
  private pending = new Set<T>();
  private busy = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  private readonly interval: number;
  private readonly deliver: (items: Set<T>) => Promise<unknown>;

  constructor(interval: number, deliver: (items: Set<T>) => Promise<unknown>) {
    this.interval = interval;
    this.deliver = deliver;
  }

  add(item: T): void {
    this.pending.add(item);
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.busy || this.timer || this.stopped) return;
    this.timer = setTimeout(() => void this.flush(), this.interval);
  }

  private async flush(): Promise<void> {
    this.timer = null;
    const items = this.pending;
    this.pending = new Set();
    this.busy = true;
    try {
      await this.deliver(items);
    } finally {
      this.busy = false;
      if (this.pending.size > 0) this.schedule();
    }
  }
}
