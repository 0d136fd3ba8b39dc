// The session API through Azure's own JavaScript client, unmodified: only endpoint and key are ours.
//
// Prints the session's token, waits until the device is done (a line on standard input), prints what came out.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import { AzureKeyCredential } from "@azure/core-auth";
import createClient, { isUnexpected } from "@azure-rest/ai-vision-face";

const [endpoint, key] = process.argv.slice(2);
const client = createClient(endpoint, new AzureKeyCredential(key), { allowInsecureConnection: true });
const one = "/detectLiveness-sessions/{sessionId}";

async function create() {
  const created = await client.path("/detectLiveness-sessions").post({
    body: { livenessOperationMode: "Passive", deviceCorrelationId: crypto.randomUUID(), enableSessionImage: true },
  });
  assert(!isUnexpected(created), JSON.stringify(created.body));
  return created.body;
}

async function expectRefusal(answer, status, code) {
  assert(isUnexpected(answer));
  assert.deepEqual([answer.status, answer.body.error.code], [String(status), code]);
}

const erased = await create();
assert.deepEqual(erased.results, { attempts: [] });
const deleted = await client.path(one, erased.sessionId).delete();
assert(!isUnexpected(deleted) && deleted.status === "204");
await expectRefusal(await client.path(one, erased.sessionId).get(), 404, "SessionNotFound");

const stranger = createClient(endpoint, new AzureKeyCredential("wrong"), { allowInsecureConnection: true });
await expectRefusal(await stranger.path(one, erased.sessionId).get(), 401, "401");

async function createVerifying(image) {
  return client.path("/detectLivenessWithVerify-sessions").post({
    contentType: "multipart/form-data",
    body: [
      { name: "verifyImage", body: image, filename: "verify.jpg" },
      { name: "livenessOperationMode", body: "Passive" },
      { name: "deviceCorrelationId", body: crypto.randomUUID() },
    ],
  });
}

await expectRefusal(await createVerifying(new Uint8Array(2000)), 400, "InvalidImage");
const verifying = await createVerifying(new Uint8Array(await readFile(process.env.REFERENCE_PICTURE)));
assert(!isUnexpected(verifying), JSON.stringify(verifying.body));
const { sessionId } = verifying.body;
const verifyingRead = await client.path("/detectLivenessWithVerify-sessions/{sessionId}", sessionId).get();
assert(!isUnexpected(verifyingRead) && verifyingRead.body.status === "NotStarted");
// Lists and audits are of the previews' form, whose paths this release of the client does not know.
const previews = "/detectLivenessWithVerify/singleModal/sessions";
const listed = await client.pathUnchecked(previews).get();
assert.equal(listed.status, "200");
assert(listed.body.some((entry) => entry.id === sessionId));
const audited = await client.pathUnchecked(`${previews}/{sessionId}/audit`, sessionId).get();
assert.deepEqual([audited.status, audited.body], ["200", []]);
const verifyingGone = await client.path("/detectLivenessWithVerify-sessions/{sessionId}", sessionId).delete();
assert(!isUnexpected(verifyingGone));

const session = await create();
console.log(session.authToken);
await once(createInterface({ input: process.stdin }), "line");
const read = await client.path(one, session.sessionId).get();
assert(!isUnexpected(read), JSON.stringify(read.body));
const decided = read.body.results.attempts.find((attempt) => attempt.attemptStatus === "Succeeded");
console.log(
  JSON.stringify({
    decision: decided.result.livenessDecision,
    digest: decided.result.digest,
    width: decided.result.targets.color.faceRectangle.width,
  }),
);
const path = client.path("/sessionImages/{sessionImageId}", decided.result.sessionImageId);
const picture = await path.get().asNodeStream();
assert.equal(picture.status, "200");
const [first] = await picture.body.take(1).toArray();
assert.deepEqual([...first.subarray(0, 3)], [0xff, 0xd8, 0xff]);
const gone = await client.path(one, session.sessionId).delete();
assert(!isUnexpected(gone));
process.exit(0);
