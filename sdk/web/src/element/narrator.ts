/** Tells what happens to those who do not see it: in live regions, and aloud for who wants that. */

import type { CheckModel } from '../check/check.js';
import type { CheckState } from '../check/states.js';
import type { Catalogue } from '../texts/catalogue.js';
import { Announcer } from './announcer.js';
import { Voice } from './cues.js';
import { guidanceOf, tipOf } from './guidance.js';

/** What a narrator needs to know, and where it writes. */
export interface Story {
  readonly texts: () => Catalogue;
  readonly model: () => Readonly<CheckModel>;
  readonly write: (region: 'polite' | 'assertive', words: string) => void;
}

/** Says what to do now, what will happen before it does, and that it is over; never a colour. */
export class Narrator {
  readonly voice = new Voice();
  readonly #announcer: Announcer;

  constructor(private readonly story: Story) {
    this.#announcer = new Announcer((words) => story.write('polite', words));
  }

  /** The check is in another state. */
  entered(state: CheckState): void {
    const texts = this.story.texts();
    switch (state) {
      case 'loading':
        this.#speak(texts.text(this.story.model().light === 'none' ? 'stage.about.steady' : 'stage.about'));
        break;
      case 'hold':
        this.#announcer.stop();
        this.story.write('polite', texts.text('hold.title'));
        this.#speak(texts.text('hold.title'));
        break;
      case 'checking':
        this.#tell(`${texts.text('checking.title')}. ${texts.text('checking.body')}`);
        break;
      case 'interrupted':
        this.#tell(texts.text('interrupted.title'));
        break;
      case 'done':
        this.#speak(texts.text('done.title'));
        break;
      default:
        break;
    }
  }

  /** The person is told something else. */
  hinted(): void {
    const { hint, camera } = this.story.model();
    if (!hint) return;
    const { brief, more } = guidanceOf(hint, camera?.mirrorPreview ?? true);
    const words = [brief, ...(more ? [more] : [])].map((key) => this.story.texts().text(key)).join('. ');
    this.#announcer.say(words);
    this.#speak(words);
  }

  /** Another try is offered. */
  offersRetry(): void {
    const { retry } = this.story.model();
    const texts = this.story.texts();
    const words = `${texts.text(tipOf(retry?.hint))} ${texts.triesLeft(retry?.attemptsLeft ?? 1)}`;
    this.#announcer.say(words);
    this.#speak(`${texts.text('retry.title')}. ${words}`);
  }

  /** More time can be asked for. */
  offersTime(): void {
    this.#announcer.say(this.story.texts().text('align.time'));
  }

  /** Says nothing more. */
  stop(): void {
    this.#announcer.stop();
    this.voice.stop();
  }

  /** Nothing waits to be said any more; what is being spoken is spoken to its end. */
  finish(): void {
    this.#announcer.stop();
  }

  /** Says it at once. */
  #tell(words: string): void {
    this.#announcer.stop();
    this.story.write('assertive', words);
    this.#speak(words);
  }

  #speak(words: string): void {
    this.voice.say(words, this.story.texts().locale);
  }
}
