// Drives the simulator with Mixpanel's official Node client and prints what the client made of the answers, as one JSON object.
import Mixpanel from "mixpanel";

const [address, token, userName, secret, projectId, apiSecret] = process.argv.slice(2);
const { hostname: host, port, protocol } = new URL(address);
const common = { host, port, protocol: protocol.slice(0, -1), keepAlive: false };
const seen = {};

// The client gives an error, nothing, or, for batches, a list of both.
const call = (target, method, ...rest) => new Promise(resolve =>
  target[method](...rest, error => resolve(Array.isArray(error)
    ? error.map(entry => entry ? entry.message : "ok")
    : error ? error.message : "ok")));

const credentials = new Mixpanel.ServiceAccountCredentials(userName, secret, projectId);
const service = Mixpanel.init(token, { ...common, credentials });
const verbose = Mixpanel.init(token, { ...common, verbose: true, secret: apiSecret });
const wrong = Mixpanel.init(token, { ...common, credentials: new Mixpanel.ServiceAccountCredentials(userName, "wrong", projectId) });

const now = Date.now();
const old = new Date(now - 30 * 24 * 3600 * 1000);

seen.track = await call(service, "track", "Signed up", { distinct_id: "u-1", plan: "pro ≠ basic", ip: "203.0.113.7" });
seen.trackVerbose = await call(verbose, "track", "Signed up", { distinct_id: "u-2" });
seen.trackBatch = await call(service, "track_batch",
  Array.from({ length: 60 }, (_, i) => ({ event: "Batch", properties: { distinct_id: `b-${i}`, text: "???>>>~~~ü" } })));
seen.import = await call(service, "import", "Old", old, { distinct_id: "u-1" });
seen.importVerbose = await call(verbose, "import", "Old", old, { distinct_id: "u-2" });
seen.importBatch = await call(service, "import_batch",
  [{ event: "Old", properties: { time: old, distinct_id: "u-3", $insert_id: "i-3" } }]);
seen.importWrong = await call(wrong, "import", "Old", old, { distinct_id: "u-1" });
seen.importBad = await call(verbose, "import", "Old", old, { distinct_id: "null" });

seen.set = await call(service.people, "set", "u-1", { $first_name: "Ana", plan: "pro" });
seen.setOnce = await call(service.people, "set_once", "u-1", "plan", "basic");
seen.increment = await call(service.people, "increment", "u-1", "logins", 2);
seen.append = await call(service.people, "append", "u-1", "history", "a");
seen.union = await call(verbose.people, "union", "u-1", { tags: ["x", "y"] });
seen.unionAgain = await call(service.people, "union", "u-1", { tags: ["y", "z"] });
seen.remove = await call(service.people, "remove", "u-1", { tags: "x" });
seen.charge = await call(service.people, "track_charge", "u-1", 29.5);
seen.unset = await call(service.people, "unset", "u-1", "$first_name");
seen.other = await call(service.people, "set", "u-9", { a: 1 });
seen.deleted = await call(service.people, "delete_user", "u-9");

seen.groupSet = await call(service.groups, "set", "company", "acme", { $name: "Acme", seats: 40 });
seen.groupUnion = await call(verbose.groups, "union", "company", "acme", { tags: ["b2b"] });
seen.groupUnset = await call(service.groups, "unset", "company", "acme", "seats");
seen.groupGone = await call(service.groups, "set", "company", "gone", { a: 1 });
seen.groupDeleted = await call(service.groups, "delete_group", "company", "gone");

seen.alias = await call(service, "alias", "u-1", "alias-1");

console.log(JSON.stringify(seen));
