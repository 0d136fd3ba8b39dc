import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Announcer, LEAST_BETWEEN_MS } from '../../src/element/announcer.js';
import { recoveryOf } from '../../src/element/browser.js';
import { adviceOf, guidanceOf, onScreen, tipOf } from '../../src/element/guidance.js';
import { ownFailure } from '../../src/check/outcome.js';
import { ERROR_CODES, type ErrorCode } from '../../src/core/error-codes.js';
import type { HintCode, HintEvent } from '../../src/core/types.js';
import english from '../../locales/en.json' with { type: 'json' };
import { textsOf } from '../../src/element/azure.js';

const hint = (code: HintCode, rest: Partial<HintEvent> = {}): HintEvent => ({ kind: 'hint', code, urgency: 'brief', sinceMs: 0, ...rest });

describe('left and right', () => {
  it('are the person’s own in words, whichever way the preview is', () => {
    for (const isMirrored of [true, false]) {
      expect(guidanceOf(hint('off_centre', { towards: 'left' }), isMirrored).brief).toBe('hint.off_centre.left');
      expect(guidanceOf(hint('off_centre', { towards: 'right' }), isMirrored).brief).toBe('hint.off_centre.right');
    }
  });

  it('point to where the person has to move in a mirror, and the other way in a picture that is none', () => {
    expect([onScreen('left', true), onScreen('right', true)]).toEqual(['left', 'right']);
    expect([onScreen('left', false), onScreen('right', false)]).toEqual(['right', 'left']);
    expect([onScreen('up', false), onScreen('down', false)]).toEqual(['up', 'down']);
  });
});

describe('what is said', () => {
  it('has words for every hint, at length once the few words have not helped', () => {
    const codes: HintCode[] = [
      'no_face', 'multiple_faces', 'too_far', 'too_close', 'off_centre', 'look_at_camera', 'eyes_closed', 'face_covered',
      'too_dark', 'too_bright', 'backlit', 'too_much_motion', 'hold_still',
    ];
    for (const code of codes) {
      const said = guidanceOf(hint(code, { urgency: 'escalated' }), true);
      expect(english, code).toHaveProperty([said.brief]);
      expect(english, code).toHaveProperty([said.more ?? '']);
    }
    expect(guidanceOf(hint('too_far'), true).more).toBeUndefined();
    expect(guidanceOf(hint('too_dark'), true).more).toBe('hint.too_dark.more');
  });

  it('has a tip or advice for every code of the table', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(english, code).toHaveProperty([tipOf(code)]);
      expect(english, code).toHaveProperty([adviceOf(ownFailure(code, ''))]);
    }
  });

  it('tells how a refused camera is allowed in each browser', () => {
    const safari = 'Version/18.4 Mobile/15E148 Safari/604.1';
    const kit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
    const check = (agent: string, touchPoints: number, key: string): void => expect(recoveryOf(agent, touchPoints), agent).toBe(key);
    check(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) ${kit} ${safari}`, 5, 'denied.ios-safari');
    check(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) ${kit} CriOS/135.0 Mobile/15E148 Safari/604.1`, 5, 'denied.ios-other');
    check(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${kit} Version/18.4 Safari/605.1.15`, 5, 'denied.ios-safari');
    check(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${kit} Version/18.4 Safari/605.1.15`, 0, 'denied.mac-safari');
    check('Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/135.0 Mobile Safari/537.36', 5, 'denied.android');
    check('Mozilla/5.0 (X11; Linux x86_64; rv:137.0) Gecko/20100101 Firefox/137.0', 0, 'denied.firefox');
    check('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/135.0 Safari/537.36', 0, 'denied.chromium');
    check('Something else', 0, 'denied.other');
  });

  it('takes the texts of Azure’s element by its keys', () => {
    expect(textsOf({ AZAIF_Cancel: 'Stop', AZAIF_FeedbackMoveBack: 'Back', AZAIF_FeedbackSmile: 'Smile' })).toEqual({
      cancel: 'Stop',
      'hint.too_close': 'Back',
    });
  });
});

describe('a screen reader', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hears the newest words, not more often than they can be spoken', () => {
    const said: string[] = [];
    const announcer = new Announcer((words) => said.push(words), () => Date.now());
    announcer.say('one');
    vi.advanceTimersByTime(0);
    for (const words of ['two', 'three', 'four']) announcer.say(words);
    vi.advanceTimersByTime(LEAST_BETWEEN_MS - 1);
    expect(said).toEqual(['one']);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['one', 'four']);
    announcer.say('five');
    announcer.stop();
    vi.advanceTimersByTime(10_000);
    expect(said).toEqual(['one', 'four']);
  });
});
