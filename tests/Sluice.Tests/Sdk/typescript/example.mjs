// The documented example, word for word but for where the package lies. Prints what the sync answered.
import { pathToFileURL } from 'node:url';

const { createClient } = await import(pathToFileURL(process.env.SLUICE_SDK).href);

const client = createClient({
  url: process.env.SLUICE_URL,
  key: process.env.SLUICE_ACCESS_KEY,
  secret: process.env.SLUICE_SECRET_KEY,
  brevoKey: process.env.BREVO_API_KEY,
});

await client.connectors.connect('mixpanel', {
  projectToken: process.env.MIXPANEL_TOKEN,
  serviceAccountUser: process.env.MIXPANEL_SA_USER,
  serviceAccountSecret: process.env.MIXPANEL_SA_SECRET,
  projectId: process.env.MIXPANEL_PROJECT_ID,
});

const cohort = await client.connectors.syncCohort('mixpanel', { cohortId: 12345, targetList: 16, syncMode: 'mirror' });
console.log(JSON.stringify(cohort));
