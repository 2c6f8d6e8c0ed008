// Exports some days with mixpanel-import into a folder.
// Usage: node export-tool.mjs INSTALLED EXPORT_URL ACCOUNT SECRET PROJECT FROM TO FOLDER
// Its hosts are built in and no option changes them, so its address is led to ours. Everything else is as published.
import { createRequire } from 'node:module';
import path from 'node:path';

const [installed, exportUrl, acct, pass, project, start, end, where] = process.argv.slice(2);
const require = createRequire(path.join(installed, 'package.json'));
const Job = require(path.join(path.dirname(require.resolve('mixpanel-import')), 'components', 'job.js'));
const published = Object.getOwnPropertyDescriptor(Job.prototype, 'url').get;
Object.defineProperty(Job.prototype, 'url', {
  get() {
    return new URL(new URL(published.call(this)).pathname, exportUrl).href;
  },
});

const send = require('mixpanel-import');
const options = { recordType: 'export', start, end, where, logs: false, verbose: false, showProgress: false, abridged: true };
const { total, success, failed } = await send({ acct, pass, project, secret: '', token: '' }, null, options);
console.log(JSON.stringify({ total, success, failed }));
process.exit(failed === 0 ? 0 : 1);
