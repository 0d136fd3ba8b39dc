/** What a screen reader is told, slowly enough to be heard to its end. */

/** Origin: 1.5 s are the least that speaking a few words takes; see docs/howto/web-sdk.md. */
export const LEAST_BETWEEN_MS = 1500;

/** Passes words on to a live region: the newest ones, not more often than they can be heard. */
export class Announcer {
  #waiting: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastAt = -Infinity;

  constructor(
    private readonly write: (words: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Says this when there is room for it, instead of what waited. */
  say(words: string): void {
    this.#waiting = words;
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastAt + LEAST_BETWEEN_MS - this.now());
    this.#timer = setTimeout(() => this.#speak(), wait);
  }

  /** Says nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = undefined;
  }

  #speak(): void {
    this.#timer = undefined;
    this.#lastAt = this.now();
    if (this.#waiting !== undefined) this.write(this.#waiting);
    this.#waiting = undefined;
  }
}
