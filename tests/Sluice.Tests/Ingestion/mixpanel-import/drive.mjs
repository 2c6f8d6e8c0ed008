// Imports files with mixpanel-import: events from one, profiles from another.
// Usage: node drive.mjs URL ACCOUNT SECRET PROJECT TOKEN EVENTS PROFILES
// Its hosts are built in and no option changes them, so its connections are led to the test's address. Everything else is as published.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [base, acct, pass, project, token, events, profiles] = process.argv.slice(2);

const undici = createRequire(require.resolve('mixpanel-import'))('undici');
const { Pool } = undici;
undici.Pool = class extends Pool {
  constructor(origin, options) {
    super(base, options);
  }
};

const send = require('mixpanel-import');
const credentials = { acct, pass, project, token };
const options = { logs: false, verbose: false, showProgress: false, abridged: true, streamFormat: 'jsonl', strict: true };
const results = {};
for (const [recordType, file] of [['event', events], ['user', profiles]]) {
  const { total, success, failed } = await send(credentials, file, { ...options, recordType });
  results[recordType] = { total, success, failed };
}

console.log(JSON.stringify(results));
process.exit(0);
