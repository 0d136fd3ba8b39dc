/** What is heard and felt beside what is seen. */

/** Speaks, if the person wants it. */
export class Voice {
  isOn = false;
  #said = '';

  get isAvailable(): boolean {
    return typeof speechSynthesis !== 'undefined';
  }

  /** Says this instead of what is being said; the same words again only after others. */
  say(words: string, language: string): void {
    if (!this.isOn || !this.isAvailable || words === this.#said) return;
    this.#said = words;
    speechSynthesis.cancel();
    const utterance = new SpeechSynthesisUtterance(words);
    utterance.lang = language;
    speechSynthesis.speak(utterance);
  }

  stop(): void {
    this.#said = '';
    if (this.isOn && this.isAvailable) speechSynthesis.cancel();
  }
}

/** A short tick: the face fits. A long one: it is over. */
export function vibrate(length: 'short' | 'long'): void {
  // Absent on desktops and in some browsers; refused before the person has touched the page.
  globalThis.navigator?.vibrate?.(length === 'short' ? 40 : 180);
}

/** Keeps the display on while it is wanted, where the browser can. */
export class WakeLock {
  #isWanted = false;
  #lock: WakeLockSentinel | undefined;

  want(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    if (isWanted) document.addEventListener('visibilitychange', this.#renew);
    else document.removeEventListener('visibilitychange', this.#renew);
    void this.#follow();
  }

  /** The system takes the lock away with the page's visibility. */
  #renew = (): void => void this.#follow();

  async #follow(): Promise<void> {
    if (!this.#isWanted) {
      const lock = this.#lock;
      this.#lock = undefined;
      await lock?.release();
      return;
    }
    if (document.visibilityState !== 'visible' || (this.#lock && !this.#lock.released)) return;
    try {
      const lock = await navigator.wakeLock?.request('screen');
      if (this.#isWanted) this.#lock = lock;
      else await lock?.release();
    } catch {
      // A low battery, or a policy of the page: the check does not need it.
    }
  }
}
