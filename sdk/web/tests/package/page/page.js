const element = document.querySelector('verilume-liveness');
const part = (claims) => btoa(JSON.stringify(claims)).replaceAll('=', '');

globalThis.seen = { states: [], violations: [], tracks: [] };
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  globalThis.seen.violations.push(`${violatedDirective} ${blockedURI}`);
});
element.addEventListener('vl-state', ({ detail }) => globalThis.seen.states.push(detail.state));
element.addEventListener('vl-camera', () => {
  globalThis.seen.tracks = element.shadowRoot.querySelector('video').srcObject.getTracks();
});
element.addEventListener('vl-error', ({ detail }) => (globalThis.seen.failure = detail));
// A token of this very page: no service is there, so the check goes as far as one can without it.
element.start(`${part({ alg: 'ES256' })}.${part({ endpoint: location.origin })}.c2ln`).catch(() => {});
