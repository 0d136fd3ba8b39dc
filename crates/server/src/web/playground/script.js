// The playground: one page that is the app, plays the app server, and shows what both see.

import { SimulatedCamera, replaceCameras, screenOf } from './simulated-camera.js';
import { courseOf, resultOf } from './report.js';

const { base, sdk, simulator, endpoint } = document.documentElement.dataset;
const element = (id) => document.getElementById(id);
const APP_SERVER = `${base}app`;
const SESSIONS = '/face/v1.2/detectLiveness-sessions';

/** The attacks that a browser shows best, first; the simulator knows more. */
const ATTACKS = {
  'injected-tint': 'A video, tinted with the colours of the screen as they come.',
  'flat-print': 'A photograph on paper, held before the camera.',
  'replay-static': 'A video on the screen of a second phone.',
  'replay-session': 'A recorded check on the screen of a second phone.',
  'injected-static': 'A video in the place of the camera.',
  'injected-session': 'A recorded check in the place of the camera.',
};

for (const [name, says] of Object.entries(ATTACKS)) {
  element('species').add(new Option(`${name}: ${says}`, name));
}
const saysAttack = () => (element('attack-says').textContent = ATTACKS[element('species').value]);
element('species').addEventListener('change', saysAttack);
saysAttack();
element('lux').addEventListener('input', () => (element('lux-says').textContent = `${element('lux').value} lx`));

/** What the app server asks of the service. The page's own server adds the key. */
async function ask(method, path, body) {
  const began = performance.now();
  const answer = await fetch(`${APP_SERVER}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const took = Math.round(performance.now() - began);
  const text = await answer.text();
  note(method, path, body, answer.status, took, text);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Shows a request as a developer would send it. Tokens and the key are left out. */
function note(method, path, body, status, took, text) {
  const item = document.createElement('li');
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = `${method} ${path} \u2192 ${status} in ${took} ms`;
  const request = document.createElement('pre');
  const sent = body ? ` \\\n  --json '${JSON.stringify(body)}'` : '';
  request.textContent = `curl --request ${method} ${endpoint}${path} \\\n  --header "Ocp-Apim-Subscription-Key: $KEY"${sent}`;
  const answer = document.createElement('pre');
  answer.textContent = pretty(text).replace(/("authToken": ")[^"]+/, '$1\u2026');
  details.append(summary, request, answer);
  item.append(details);
  element('calls').append(item);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Each simulated person is a device of their own: failures are counted by it. */
const createSession = () =>
  ask('POST', SESSIONS, {
    livenessOperationMode: 'Passive',
    deviceCorrelationId: crypto.randomUUID(),
    numberOfClientAttemptsAllowed: 1,
  });

function optionsOf(species) {
  const tone = element('tone').value;
  return {
    seed: Number(element('seed').value) || 0,
    lux: Number(element('lux').value),
    ...(species && { species }),
    ...(tone && { skinTone: Number(tone) }),
  };
}

let loading;
function loadSdk() {
  loading ??= import(`${sdk}index.js`).then(() => customElements.whenDefined('verilume-liveness'));
  return loading;
}

let restoreCameras = () => {};
let current;

/** One check, from the session to the result. `species` is `null` for the device's own camera. */
async function run(species) {
  for (const id of ['own', 'person', 'attack']) element(id).disabled = true;
  current?.remove();
  restoreCameras();
  restoreCameras = () => {};
  element('code').hidden = true;
  element('calls').replaceChildren();
  try {
    await loadSdk();
    const check = document.createElement('verilume-liveness');
    current = check;
    if (species !== null) {
      const camera = () => new SimulatedCamera(simulator, optionsOf(species), screenOf(check));
      restoreCameras = replaceCameras(camera);
    }
    element('stage').replaceChildren(check);
    check.scrollIntoView({ block: 'nearest' });
    await follow(check, await createSession());
  } catch (error) {
    element('result').replaceChildren(paragraph(String(error.message ?? error), 'bad'));
  } finally {
    for (const id of ['own', 'person', 'attack']) element(id).disabled = id !== 'own' && simulator === '';
  }
}

async function follow(check, session) {
  const { sessionId, authToken } = session;
  const course = [];
  const began = performance.now();
  const seen = (lane, name) => {
    course.push({ lane, name, atMs: performance.now() - began });
    element('course').replaceChildren(courseOf(course, performance.now() - began));
  };
  check.addEventListener('vl-state', ({ detail }) => seen('state', detail.state));
  check.addEventListener('vl-hint', ({ detail }) => seen('hint', detail.code + (detail.towards ? ` ${detail.towards}` : '')));
  offerPhone(check, sessionId);
  const events = new EventSource(`${APP_SERVER}/v1/sessions/${sessionId}/events`);
  events.addEventListener('attempt', ({ data }) => seen('service', JSON.parse(data).attemptStatus));
  const isOver = new Promise((resolve) => {
    events.addEventListener('end', resolve);
    events.addEventListener('error', resolve);
  });
  const outcome = check.start(authToken).then(
    (finished) => ({ finished }),
    (failed) => ({ failed }),
  );
  // On a phone the check may end without this page's own.
  const told = await Promise.race([outcome, isOver.then(() => ({}))]);
  events.close();
  element('phone').hidden = true;
  const read = await ask('GET', `${SESSIONS}/${sessionId}`);
  const evidence = await ask('GET', `/v1/sessions/${sessionId}/evidence`);
  const map = (attempt) => `${APP_SERVER}/v1/sessions/${sessionId}/attempts/${attempt}/gain-map`;
  element('result').replaceChildren(resultOf(read, evidence, told, map));
}

/** A phone can take this session where the page's address is one that it reaches. */
function offerPhone(check, sessionId) {
  const isHere = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  element('phone').hidden = isHere;
  element('phone-code').onclick = async () => {
    const { url } = await ask('POST', `/v1/sessions/${sessionId}/quicklink`);
    const answer = await fetch(`${APP_SERVER}/v1/sessions/${sessionId}/quicklink`, {
      method: 'POST',
      headers: { accept: 'image/svg+xml' },
    });
    const svg = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml').documentElement;
    const link = Object.assign(document.createElement('a'), { href: url, textContent: 'The same as a link' });
    element('code').replaceChildren(document.adoptNode(svg), paragraph('Scan it with the phone, and trust its certificate.'), link);
    element('code').hidden = false;
    check.hidden = true;
  };
}

function paragraph(text, kind = '') {
  return Object.assign(document.createElement('p'), { textContent: text, className: kind });
}

element('own').addEventListener('click', () => run(null));
element('person').addEventListener('click', () => run(undefined));
element('attack').addEventListener('click', () => run(element('species').value));
if (sdk === '') for (const id of ['own', 'person', 'attack']) element(id).disabled = true;
if (simulator === '') for (const id of ['person', 'attack']) element(id).disabled = true;
