const element = document.querySelector('verilume-liveness');

const session = await fetch('/my/session', { method: 'POST' });
const { token } = await session.json();
try {
  const { resultId, digest } = await element.start(token);
  // Not the decision: your own server asks the service for it, and compares the digest.
  await fetch('/my/finished', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ resultId, digest }),
  });
} catch (failure) {
  // The element has told the person what helps; here is what it means for the page.
  console.info(failure.code, failure.livenessError, failure.retryable);
}
