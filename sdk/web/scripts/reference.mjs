// Writes docs/reference/web-component.md from the manifest of the elements and the table of states; with --check it only
// says whether the page is in step. The manifest has to be made before: `npm run reference` does.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'vite';

const PAGE = new URL('../../../docs/reference/web-component.md', import.meta.url);
const manifest = JSON.parse(await readFile(new URL('../custom-elements.json', import.meta.url), 'utf8'));
const { STATES } = await load('/src/check/states.ts');
const { LOCALES } = await load('/src/texts/catalogue.ts');

const elements = manifest.modules.flatMap(({ declarations }) => declarations);
const page = [...head(), ...elements.flatMap(described), ...states(), ...languages()].join('\n');
if (!process.argv.includes('--check')) {
  await writeFile(PAGE, page);
} else if ((await readFile(PAGE, 'utf8').catch(() => '')) !== page) {
  console.error('docs/reference/web-component.md is not in step with the sources.\n\nhint: npm run reference');
  process.exitCode = 1;
}

async function load(path) {
  const server = await createServer({ server: { middlewareMode: true }, logLevel: 'error', appType: 'custom' });
  try {
    return await server.ssrLoadModule(path);
  } finally {
    await server.close();
  }
}

function head() {
  return [
    '# The web component',
    '',
    'Generated from the sources of `@verilume/web`; a test holds this page to them.',
    'How to use it is in [its guide](../howto/web-sdk.md).',
    '',
  ];
}

function described(element) {
  const inherits = element.superclass?.name === 'VerilumeLiveness';
  const own = (items = []) => items.filter(({ inheritedFrom }) => !inheritedFrom);
  const fields = own(element.members).filter(({ kind, readonly }) => kind === 'field' && !readonly);
  const properties = fields.filter(({ privacy }) => privacy === 'public');
  const answers = fields.filter(({ privacy }) => privacy !== 'public');
  const methods = own(element.members).filter(({ kind }) => kind === 'method');
  return [
    `## \`<${element.tagName}>\``,
    '',
    ...sentences(element.description),
    ...(inherits ? ['It has everything that `<verilume-liveness>` has, and:'] : []),
    '',
    ...table(['property', 'attribute', 'type', 'what it is'], properties.map((field) => [
      code(field.name),
      field.attribute ? code(field.attribute) : '-',
      code(field.type.text),
      inline(field.description),
    ])),
    ...(inherits ? [] : table(['to be read', 'type', 'what it is'], answers.map((field) => [
      code(field.name),
      code(field.type.text),
      inline(field.description),
    ]))),
    ...table(['method', 'what it does'], methods.map((method) => [
      code(`${method.static ? 'static ' : ''}${method.name}(${(method.parameters ?? []).map(({ name, optional }) => name + (optional ? '?' : '')).join(', ')})`),
      inline(method.description),
    ])),
    ...(inherits ? [] : parts(element)),
  ];
}

function parts(element) {
  return [
    '### Events',
    '',
    'All are `CustomEvent`s that bubble and leave the shadow tree; `detail` has the type that stands here.',
    'Each start ends with exactly one of `vl-complete`, `vl-cancel` and `vl-error`.',
    '',
    ...table(['event', 'detail', 'when'], element.events.map(({ name, type, description }) => [
      code(name),
      code(type.text.replace(/^CustomEvent<(.*)>$/, '$1')),
      inline(description),
    ])),
    '### Slots',
    '',
    ...table(['slot', 'where'], element.slots.map(({ name, description }) => [code(name), inline(description)])),
    '### Parts',
    '',
    ...table(['part', 'what it is'], element.cssParts.map(({ name, description }) => [code(name), inline(description)])),
    '### Custom properties',
    '',
    ...table(['property', 'what it is'], element.cssProperties.map(({ name, description }) => [code(name), inline(description)])),
  ];
}

function states() {
  const cap = ({ capMs, mayUseCamera }) => (capMs === null ? 'no end: a person reads' : `${capMs / 1000} s${mayUseCamera ? ', or as the service says' : ''}`);
  return [
    '## States',
    '',
    'The camera can be on only where the table says so.',
    'A state with an end leads on by itself; where the core should end it and does not, a watchdog does 5 s later.',
    '',
    ...table(['state', 'a start is under way', 'camera', 'fills the window', 'at most', 'leads to'], Object.entries(STATES).map(([state, row]) => [
      code(state),
      row.isRunning ? 'yes' : 'no',
      row.mayUseCamera ? 'yes' : 'no',
      row.fillsWindow ? 'yes' : 'no',
      row.isRunning ? cap(row) : '-',
      row.mayUseCamera ? 'where the core goes, or what ends a start' : [...new Set(Object.values(row.on))].map(code).join(', '),
    ])),
  ];
}

function languages() {
  const reviewed = (locale) => (locale === 'en' ? 'the original' : 'needs review by a native speaker');
  return ['## Languages', '', ...table(['locale', 'state'], LOCALES.map((locale) => [code(locale), reviewed(locale)]))];
}

function table(head, rows) {
  if (rows.length === 0) return [];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function code(text) {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function inline(text = '') {
  return text.replaceAll(/\{@link (\w+)\}/g, '`$1`').replaceAll('\n', ' ').replaceAll('|', '\\|').trim();
}

function sentences(text = '') {
  return inline(text).split(/(?<=[.:]) (?=[A-Z<`])/);
}
