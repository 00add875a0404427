// Prints docs/configuration.md, docs/config.schema.json, docs/grafana/ and docs/errors.md from the tables in the code. After a change of either table:
//   npm run build && node docs/write-tables.mjs
import { writeFileSync } from 'node:fs';
import { configFileSchema, fileKey, settingNames, settings } from '../dist/config/index.js';
import { errorCodes, errorTable } from '../dist/core/index.js';
import { dashboard } from './dashboard.mjs';
import { configurationPage, errorsPage } from './tables.mjs';

const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text);
write('configuration.md', configurationPage({ settingNames, settings, fileKey }));
write('errors.md', errorsPage({ errorCodes, errorTable }));
write('config.schema.json', `${JSON.stringify(configFileSchema(), null, 2)}\n`);
write('grafana/mlx-inference-server.json', `${JSON.stringify(dashboard(), null, 2)}\n`);
