// The hosted page: takes the token, lets the person be checked, and sends them back. It never learns a result.

import { stringsFor } from './strings.js';

const { root, sdk, back, origins } = document.documentElement.dataset;
const element = (id) => document.getElementById(id);
const check = element('check');

const { locale, direction, strings } = stringsFor(navigator.languages);
document.documentElement.lang = locale;
document.documentElement.dir = direction;
document.title = element('title').textContent = strings.title;

/** The claims of a token, as far as they can be read; the service alone checks them. */
function claimsOf(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(payload));
  } catch {
    return {};
  }
}

/**
 * The token: from the fragment of the address, for a quick link from the service. It goes out of the address bar at once
 * and is kept for this tab, so that the page may be loaded again.
 */
async function takeToken() {
  const query = new URLSearchParams(location.search);
  const link = query.get('s');
  const kept = `verilume:${link ?? location.pathname.split('/').pop()}`;
  let token = decodeURIComponent(location.hash.slice(1));
  if (token !== '') history.replaceState(null, '', location.pathname + location.search);
  if (token === '' && link !== null) token = await openLink(link);
  if (token === '') token = sessionStorage.getItem(kept) ?? '';
  const { sid } = claimsOf(token);
  if (sid === undefined || (link === null && !location.pathname.endsWith(sid))) return undefined;
  sessionStorage.setItem(kept, token);
  return { token, forget: () => sessionStorage.removeItem(kept) };
}

async function openLink(link) {
  const answer = await fetch(`${root}/api/quicklink/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ s: link }),
  });
  return answer.ok ? (await answer.json()).authToken : '';
}

function tell(text) {
  element('notice').textContent = text;
  element('notice').hidden = false;
}

/** Where the person came from: a link, and after a finished check the way by itself. */
function offerReturn(goesByItself) {
  if (back === '') return;
  const link = element('back');
  link.href = back;
  link.textContent = strings.back.replace('{host}', new URL(back).host);
  element('onward').hidden = false;
  if (goesByItself) setTimeout(() => location.assign(back), 3000);
}

/** A page that holds this one in a frame or opened it hears how it ended, if its origin is on the service's list. */
function announce(message) {
  const others = [window.parent, window.opener].filter((other) => other && other !== window);
  for (const origin of origins.split(' ').filter((origin) => origin !== '')) {
    for (const other of others) other.postMessage({ source: 'verilume', ...message }, origin);
  }
}

/** States in which another device can still take over: a computer without a camera that works above all. */
const BEFORE_IT_BEGINS = ['idle', 'preflight', 'intro', 'permission-denied', 'unsupported', 'error', 'failed'];

/** Lets the person go on with a phone, before they began here: its camera takes the code, this page waits. */
function offerHandOff(token) {
  const isHere = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  const isPhone = matchMedia('(pointer: coarse)').matches;
  if (isHere || isPhone || window.parent !== window) return;
  const button = element('show-code');
  button.textContent = strings.phone;
  element('code-text').textContent = strings.scan;
  element('handoff').hidden = false;
  let hasBegun = false;
  check.addEventListener('vl-state', ({ detail }) => {
    hasBegun ||= detail.state === 'hold';
    element('handoff').hidden = hasBegun || !BEFORE_IT_BEGINS.includes(detail.state);
  });
  button.addEventListener('click', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${root}/api/quicklink`, { method: 'POST', headers: { ...headers, accept: 'image/svg+xml' } });
    if (!answer.ok) return tell(strings.gone);
    const svg = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml').documentElement;
    svg.setAttribute('aria-label', strings.scan);
    element('picture').replaceChildren(document.adoptNode(svg));
    element('code').hidden = false;
    button.setAttribute('aria-expanded', 'true');
    button.disabled = true;
    waitForOther(headers);
  });
}

/** Whether another device has taken over. */
let isElsewhere = false;

async function waitForOther(headers) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    if (check.isRunning && element('handoff').hidden) return;
    const answer = await fetch(`${root}/api/quicklink`, { headers }).catch(() => undefined);
    if (answer === undefined) continue;
    const state = answer.ok ? (await answer.json()).state : 'over';
    if (state === 'open') continue;
    isElsewhere = true;
    check.cancel();
    check.hidden = true;
    element('code').hidden = true;
    element('show-code').hidden = true;
    tell(state === 'over' ? strings.done : strings.elsewhere);
    if (state !== 'over') continue;
    announce({ outcome: 'elsewhere' });
    return offerReturn(false);
  }
}

async function run() {
  const taken = await takeToken().catch(() => undefined);
  if (taken === undefined) {
    check.hidden = true;
    tell(strings.gone);
    offerReturn(false);
    return;
  }
  // As the page sees it: an import would take it from where this module is.
  await import(new URL(`${sdk}index.js`, location.href).href);
  await customElements.whenDefined('verilume-liveness');
  check.setAttribute('locale', locale);
  check.addEventListener('vl-complete', ({ detail }) => {
    taken.forget();
    announce({ outcome: 'finished', resultId: detail.resultId, digest: detail.digest });
    offerReturn(true);
  });
  check.addEventListener('vl-cancel', () => {
    if (isElsewhere) return;
    announce({ outcome: 'canceled' });
    offerReturn(false);
  });
  check.addEventListener('vl-error', ({ detail }) => {
    announce({ outcome: 'failed', code: detail.code });
    offerReturn(false);
  });
  offerHandOff(taken.token);
  // Its rejection is told by the events above.
  check.start(taken.token).catch(() => {});
}

run().catch(() => tell(strings.broken));
