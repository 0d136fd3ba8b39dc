// Azure's JavaScript client over TLS, without leave for connections in the clear.
import assert from "node:assert/strict";

import { AzureKeyCredential } from "@azure/core-auth";
import createClient, { isUnexpected } from "@azure-rest/ai-vision-face";

const [endpoint, key] = process.argv.slice(2);
assert(endpoint.startsWith("https://"), endpoint);
const client = createClient(endpoint, new AzureKeyCredential(key));
const created = await client.path("/detectLiveness-sessions").post({
  body: { livenessOperationMode: "Passive", deviceCorrelationId: crypto.randomUUID() },
});
assert(!isUnexpected(created), JSON.stringify(created.body));
const one = client.path("/detectLiveness-sessions/{sessionId}", created.body.sessionId);
const read = await one.get();
assert(!isUnexpected(read), JSON.stringify(read.body));
assert.equal(read.body.status, "NotStarted");
assert(!isUnexpected(await one.delete()));
