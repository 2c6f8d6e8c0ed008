// Prints what is left of the budgets, as the SDK gives it.
import { pathToFileURL } from 'node:url';

const { createClient } = await import(pathToFileURL(process.env.SLUICE_SDK).href);
const client = createClient({ url: process.env.SLUICE_URL, key: process.env.SLUICE_ACCESS_KEY, secret: process.env.SLUICE_SECRET_KEY });
console.log(JSON.stringify(await client.project.listBudgets()));
