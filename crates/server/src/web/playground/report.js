// What the app server reads, drawn for a developer; and the course of the check as the app saw it.

const SVG = 'http://www.w3.org/2000/svg';

function made(name, options = {}, ...children) {
  const element = Object.assign(document.createElement(name), options);
  element.append(...children);
  return element;
}

function drawn(name, attributes, text = '') {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

const WORDS = {
  realface: ['realface: a live person is there', 'good'],
  spoofface: ['spoofface: an attack', 'bad'],
  uncertain: ['uncertain: it could not be told', ''],
};

/** The newest attempt: decision, reasons, each signal against its threshold, and where the face answered the light. */
export function resultOf(session, evidence, told, mapOf) {
  const [attempt] = evidence.attempts;
  const result = made('div');
  if (!attempt) {
    result.append(made('p', { className: 'decision' }, `No attempt: ${told.failed?.livenessError ?? session.status}`));
    return result;
  }
  const [words, kind] = WORDS[attempt.livenessDecision] ?? [`${attempt.attemptStatus}: ${attempt.error ?? 'no decision'}`, ''];
  result.append(made('p', { className: `decision ${kind}`, id: 'decision' }, words));
  result.dataset.decision = attempt.livenessDecision ?? '';
  result.append(digests(session, told));
  const { reasons = [], signals = [], flash } = attempt.evidence ?? {};
  result.append(made('ul', {}, ...reasons.map((reason) => made('li', {}, reason.message))));
  const columns = made('div', { className: 'columns' }, tableOf(signals));
  if (flash?.gainMap) {
    const alt = 'How strongly each part of the face answered the light, measured and as a head would';
    columns.append(made('figure', {}, made('img', { src: mapOf(attempt.attemptId), alt }), made('figcaption', {}, alt)));
  }
  result.append(columns);
  const raw = made('pre', {}, JSON.stringify(evidence, null, 2));
  result.append(made('details', {}, made('summary', {}, 'All of the evidence'), raw));
  return result;
}

/** The app server compares what the app reported with what the service has. */
function digests(session, told) {
  const known = session.results.attempts[0]?.result?.digest;
  const reported = told.finished?.digest;
  if (!known || !reported) return made('p', { className: 'quiet' }, 'The app reported no digest.');
  const same = known === reported;
  const text = same ? 'The digest that the app reported is that of the service.' : 'The app reported another digest: trust nothing.';
  return made('p', { className: same ? 'good' : 'bad' }, text);
}

const VERDICTS = { supports: '+', denies: '\u2212' };

function tableOf(signals) {
  const head = made('tr', {}, ...['Signal', 'Value', 'Bounds', 'Worth', 'Says'].map((name) => made('th', { scope: 'col' }, name)));
  const rows = signals.map((signal) => {
    const kind = signal.verdict === 'supports' ? 'good' : signal.verdict === 'denies' ? 'bad' : '';
    return made(
      'tr',
      {},
      made('th', { scope: 'row' }, signal.name),
      made('td', { className: 'number' }, numberOf(signal.value)),
      made('td', { className: 'number' }, boundsOf(signal)),
      made('td', { className: `number ${kind}` }, VERDICTS[signal.verdict] ?? numberOf(signal.llr)),
      made('td', {}, signal.reason),
    );
  });
  return made('div', { className: 'scroll', tabIndex: 0 }, made('table', {}, made('thead', {}, head), made('tbody', {}, ...rows)));
}

function boundsOf({ threshold }) {
  const from = (bound, sign) => (typeof bound === 'number' ? [`${sign} ${numberOf(bound)}`] : []);
  const live = from(threshold?.supports_at_least, 'live \u2265');
  return [...live, ...from(threshold?.denies_at_most, 'attack \u2264')].join(', ');
}

function numberOf(value) {
  if (typeof value !== 'number') return '';
  return Math.abs(value) >= 1e-3 || value === 0 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

const LANES = ['state', 'hint', 'service'];
const WIDTH = 1000;
const LEFT = 70;
const LANE_HEIGHT = 44;

/** Lanes over time: what the person saw, what they were told, what the service did. */
export function courseOf(course, endMs) {
  const height = LANES.length * LANE_HEIGHT + 24;
  const svg = drawn('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': spoken(course) });
  const x = (ms) => LEFT + (ms / Math.max(endMs, 1)) * (WIDTH - LEFT - 10);
  LANES.forEach((lane, row) => {
    const top = row * LANE_HEIGHT;
    svg.append(drawn('text', { x: 0, y: top + 26 }, lane));
    const steps = course.filter((step) => step.lane === lane);
    steps.forEach((step, at) => {
      const [from, to] = [x(step.atMs), x(steps[at + 1]?.atMs ?? endMs)];
      const fill = `hsl(${(210 + 47 * at) % 360} 60% 50% / 0.35)`;
      svg.append(drawn('rect', { x: from, y: top + 6, width: Math.max(to - from, 1), height: 32, fill }));
      // Neighbours are written high and low, so that short ones can be read.
      svg.append(drawn('text', { x: from + 3, y: top + (at % 2 === 0 ? 20 : 34) }, step.name));
    });
  });
  for (let seconds = 0; seconds * 1000 <= endMs; seconds += endMs > 20_000 ? 5 : 1) {
    svg.append(drawn('text', { x: x(seconds * 1000), y: height - 4 }, `${seconds} s`));
  }
  return svg;
}

function spoken(course) {
  return course.map((step) => `${(step.atMs / 1000).toFixed(1)} s: ${step.lane} ${step.name}`).join('; ');
}
