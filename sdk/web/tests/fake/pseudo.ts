/** The pseudo-locale: English that is readable, accented and 40 % longer. Shows texts that are cut or not translated. */

const ACCENTS: Record<string, string> = {
  a: 'á', c: 'ç', e: 'é', g: 'ğ', i: 'í', n: 'ñ', o: 'ö', s: 'š', u: 'ü', y: 'ý', A: 'Å', C: 'Ç', E: 'É', I: 'Î', O: 'Ø', S: 'Š', T: 'Ţ',
};

export function pseudo<Key extends string>(texts: Record<Key, string>): Record<Key, string> {
  return Object.fromEntries(Object.entries<string>(texts).map(([key, text]) => [key, lengthened(text)])) as Record<Key, string>;
}

function lengthened(text: string): string {
  const accented = text
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith('{') ? part : part.replace(/[a-zA-Z]/g, (letter) => ACCENTS[letter] ?? letter)))
    .join('');
  const padding = ' ·lorem·ipsum·dolor·sit·amet'.repeat(4).slice(0, Math.ceil(text.length * 0.4));
  return `[${accented}${padding}]`;
}
