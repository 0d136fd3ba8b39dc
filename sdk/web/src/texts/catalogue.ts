/** The words of the element: English built in, other languages fetched when they are wanted, single texts by the page. */

import english from '../../locales/en.json';

/** The key of a text. */
export type TextKey = keyof typeof english;

/** Texts by key; what is missing is English. */
export type Texts = Partial<Record<TextKey | PluralKey, string>>;

/** Forms of a count that English does not have. */
type PluralKey = `retry.left.${'zero' | 'two' | 'few' | 'many'}`;

/** The languages that are shipped, as BCP 47 tags. */
export const LOCALES = ['en', 'es', 'pt-BR', 'fr', 'de', 'it', 'tr', 'id', 'hi', 'zh-Hans', 'ja', 'ar'] as const;

/** A language that is shipped. */
export type Locale = (typeof LOCALES)[number];

/** Languages that are written from right to left, among those that a page may bring texts for. */
const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The shipped language that is nearest to the first of the wanted ones that is near to any. */
export function localeFor(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const found = near(tag);
    if (found !== undefined) return found;
  }
  return 'en';
}

function near(tag: string): Locale | undefined {
  const { language } = parsed(tag);
  return LOCALES.find((locale) => parsed(locale).language === language);
}

function parsed(tag: string): { language: string; script: string | undefined } {
  try {
    const { language, script } = new Intl.Locale(tag.replaceAll('_', '-')).maximize();
    return { language, script };
  } catch {
    return { language: '', script: undefined };
  }
}

/** Whether a language is written from right to left. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(parsed(tag).language) ? 'rtl' : 'ltr';
}

/** The texts of one language, with those of the page over them. */
export class Catalogue {
  #plurals: Intl.PluralRules;

  constructor(
    readonly locale: string,
    private readonly texts: Texts = {},
    private readonly ofPage: Texts = {},
  ) {
    this.#plurals = new Intl.PluralRules(locale);
  }

  /** The same language with other texts of the page. */
  with(ofPage: Texts): Catalogue {
    return new Catalogue(this.locale, this.texts, ofPage);
  }

  /** A text, with values in the place of `{names}`. */
  text(key: TextKey | PluralKey, values: Readonly<Record<string, string>> = {}): string {
    const found = this.ofPage[key] ?? this.texts[key] ?? english[key as TextKey] ?? key;
    return found.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  }

  /** How many tries are left. */
  triesLeft(count: number): string {
    const key = `retry.left.${this.#plurals.select(count)}` as TextKey;
    const isThere = (this.ofPage[key] ?? this.texts[key] ?? english[key]) !== undefined;
    return this.text(isThere ? key : 'retry.left.other', { count: this.number(count) });
  }

  /** A time to wait, in the largest unit that fits. */
  wait(ms: number): string {
    const minutes = Math.ceil(ms / 60_000);
    const [unit, value] = minutes < 90 ? ['minute', minutes] : ['hour', Math.ceil(minutes / 60)];
    return new Intl.NumberFormat(this.locale, { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(
      value as number,
    );
  }

  /** A share, as a percentage. */
  percent(share: number): string {
    return new Intl.NumberFormat(this.locale, { style: 'percent' }).format(share);
  }

  private number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }
}

/** Fetches a language. One that cannot be had is English, said once to the developer. */
export async function loadCatalogue(locale: Locale, assetsBase: URL): Promise<Catalogue> {
  if (locale === 'en') return new Catalogue('en');
  const address = new URL(`locales/${locale}.json`, assetsBase);
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new Catalogue(locale, texts(await answer.json()));
  } catch (error) {
    console.warn(`verilume: ${address.pathname} cannot be read, so the texts are English: ${String(error)}`);
    return new Catalogue('en');
  }
}

/** Only strings are texts: a file from somewhere else must not break the page. */
function texts(file: unknown): Texts {
  if (typeof file !== 'object' || file === null) return {};
  return Object.fromEntries(Object.entries(file).filter(([, text]) => typeof text === 'string')) as Texts;
}
