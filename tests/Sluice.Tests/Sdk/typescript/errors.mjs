// What the SDK does when things go wrong: typed errors, tries, cancellation. Ends with an error when one of them is not so.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const { createClient, SluiceApiError, SluiceConnectionError } = await import(pathToFileURL(process.env.SLUICE_SDK).href);
const seen = [];
let answers = [];
const server = createServer((request, response) => {
  seen.push({ method: request.method, url: request.url, key: request.headers['idempotency-key'] });
  const [status, body, headers] = answers.shift() ?? [500, '{}', {}];
  response.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers });
  response.end(body);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = createClient({ url: `http://127.0.0.1:${server.address().port}/`, key: 'k', secret: 'geheim' });
const busy = [503, JSON.stringify({ type: 'urn:sluice:problem:busy-store', title: '', status: 503, detail: 'busy', errors: [] }), { 'retry-after': '0' }];

// What starts work is tried again under one key.
answers = [busy, busy, [200, '{"retried":3}', {}]];
assert.equal(await client.deadLetters.retry('all'), 3);
assert.equal(new Set(seen.map((s) => s.key)).size, 1);
assert.ok(seen[0].key);

// What must not happen twice is not tried twice.
seen.length = 0;
answers = [busy];
await assert.rejects(client.project.createKey(), (e) => e instanceof SluiceApiError && e.status === 503 && e.isTransient);
assert.equal(seen.length, 1);

// A refusal says which field, and is final.
seen.length = 0;
answers = [[400, JSON.stringify({ type: 'urn:sluice:problem:invalid-request', title: '', status: 400, detail: 'no', errors: [{ field: 'email', message: 'no' }] }), {}]];
await assert.rejects(client.suppressions.add({ email: 'x' }), (e) => e.code === 'invalid-request' && e.errors[0].field === 'email' && !e.isTransient && !String(e).includes('geheim'));
assert.equal(seen.length, 1);

// What is stored and not followed yet is no error, and says so; what takes longer goes on.
answers = [[202, '{"name":"brevo","state":"paused","pending":"It cannot be read."}', {}], [202, '{"name":"brevo"}', {}], [202, '{"state":"running","listId":16}', {}]];
assert.equal((await client.connectors.pause('brevo')).pending, 'It cannot be read.');
await client.connectors.disconnect('brevo');
assert.equal((await client.connectors.syncCohort('mixpanel', { cohortId: 1, targetList: 16, waitSeconds: 1 })).state, 'running');

// Pages follow each other.
answers = [[200, '{"items":[{"distinctId":"a"}],"nextCursor":"c/1"}', {}], [200, '{"items":[{"distinctId":"b"}],"nextCursor":null}', {}]];
const members = [];
for await (const id of client.userGroups.members('9/1')) members.push(id);
assert.deepEqual(members, ['a', 'b']);
assert.deepEqual(seen.slice(-2).map((s) => s.url), ['/api/v1/user-groups/9%2F1/members?limit=200', '/api/v1/user-groups/9%2F1/members?limit=200&cursor=c%2F1']);

// The caller's cancellation stays one.
await assert.rejects(client.project.get(AbortSignal.abort(new Error('mine'))), /mine/);
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));

// Nobody there.
const lonely = createClient({ url: 'http://127.0.0.1:9', key: 'k', secret: 's', maxAttempts: 1 });
await assert.rejects(lonely.project.get(), (e) => e instanceof SluiceConnectionError && e.isTransient);
console.log('ok');
