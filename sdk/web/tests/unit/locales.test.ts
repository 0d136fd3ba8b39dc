import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import english from '../../locales/en.json' with { type: 'json' };
import { Catalogue, LOCALES, type TextKey, directionOf, localeFor } from '../../src/texts/catalogue.js';
import { pseudo } from '../fake/pseudo.js';
// @ts-expect-error: a script of the service's hosted page, which has no types
import { STRINGS } from '../../../../crates/server/src/web/hosted/strings.js';

const FOLDER = join(import.meta.dirname, '../../locales');
const PLURAL = /^retry\.left\.(zero|one|two|few|many|other)$/;

const read = async (locale: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(join(FOLDER, `${locale}.json`), 'utf8')) as Record<string, string>;
const named = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('languages', () => {
  it('are those that the package names', async () => {
    expect((await readdir(FOLDER)).sort()).toEqual(LOCALES.map((locale) => `${locale}.json`).sort());
  });

  it.each(LOCALES.filter((locale) => locale !== 'en'))('%s has every text, with its values, and no other', async (locale) => {
    const { $status, ...texts } = await read(locale);
    expect($status).toBe('needs-review');
    const plain = (keys: string[]): string[] => keys.filter((key) => !PLURAL.test(key)).sort();
    expect(plain(Object.keys(texts))).toEqual(plain(Object.keys(english)));
    const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.map((form) => `retry.left.${form}`);
    expect(Object.keys(texts).filter((key) => PLURAL.test(key)).sort()).toEqual(forms.sort());
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), key).not.toBe('');
      if (!PLURAL.test(key)) expect(named(text), key).toEqual(named(english[key as TextKey]));
    }
  });

  it('say how many tries are left', async () => {
    expect(new Catalogue('en').triesLeft(1)).toBe('1 try left');
    expect(new Catalogue('en').triesLeft(2)).toBe('2 tries left');
    expect(new Catalogue('ar', await read('ar')).triesLeft(2)).toBe('بقيت محاولتان');
    expect(new Catalogue('ja', await read('ja')).triesLeft(3)).toBe('残り 3 回');
  });

  it('are found from what is wanted', () => {
    expect(localeFor(['pt'])).toBe('pt-BR');
    expect(localeFor(['zh-CN'])).toBe('zh-Hans');
    expect(localeFor(['nl', 'de-AT'])).toBe('de');
    expect(localeFor(['nl', 'not a tag'])).toBe('en');
    expect([directionOf('ar-EG'), directionOf('he'), directionOf('de')]).toEqual(['rtl', 'rtl', 'ltr']);
  });
});

describe('the hosted page', () => {
  it.each(LOCALES)('has every text in %s', (locale) => {
    const hosted = STRINGS as Record<string, Record<string, string>>;
    expect(Object.keys(hosted[locale] ?? {}).sort()).toEqual(Object.keys(hosted['en'] ?? {}).sort());
    for (const [key, text] of Object.entries(hosted[locale] ?? {})) {
      expect(text.trim(), key).not.toBe('');
      expect(named(text), key).toEqual(named(hosted['en']?.[key] ?? ''));
    }
  });
});

describe('texts', () => {
  it('of the page come before those of the language', () => {
    const german = new Catalogue('de', { cancel: 'Abbrechen' }).with({ cancel: 'Zurück' });
    expect([german.text('cancel'), german.text('close')]).toEqual(['Zurück', 'Close']);
  });

  it('take values, and leave alone what they do not know', () => {
    expect(new Catalogue('en', { 'error.code': '{code} {other}' }).text('error.code', { code: 'x' })).toBe('x {other}');
  });

  it('tell a wait in words', () => {
    expect(new Catalogue('en').wait(61_000)).toBe('2 minutes');
    expect(new Catalogue('de').wait(7_200_000)).toBe('2 Stunden');
  });

  it('are 40 % longer in the pseudo-locale, with their values', () => {
    for (const [key, text] of Object.entries(pseudo(english))) {
      expect(text.length, key).toBeGreaterThanOrEqual(english[key as TextKey].length * 1.4);
      expect(named(text), key).toEqual(named(english[key as TextKey]));
    }
  });
});
