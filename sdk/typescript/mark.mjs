// Says on the first line of the generated types what they are.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('src/schema.ts', import.meta.url);
writeFileSync(file, '// Long because: openapi-typescript makes it from docs/openapi.json (npm run generate); nobody writes or reads it.\n' + readFileSync(file, 'utf8'));
