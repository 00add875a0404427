// Prints docs/configuration.md, docs/config.schema.json, docs/grafana/, docs/errors.md, the options in docs/api.md and the models
// in docs/install.md from the tables in the code. After a change of one:
//   npm run build && node docs/write-tables.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { configFileSchema, fileKey, settingNames, settings } from '../dist/config/index.js';
import { errorCodes, errorTable } from '../dist/core/index.js';
import { options } from '../dist/openai/index.js';
import { recommendedModels } from '../setup/install/recommended-models.mjs';
import { dashboard } from './dashboard.mjs';
import { configurationPage, errorsPage, withOptions, withRecommendedModels } from './tables.mjs';

const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text);
write('configuration.md', configurationPage({ settingNames, settings, fileKey }));
write('api.md', withOptions(readFileSync(new URL('api.md', import.meta.url), 'utf8'), options));
write(
  'install.md',
  withRecommendedModels(readFileSync(new URL('install.md', import.meta.url), 'utf8'), recommendedModels),
);
write('errors.md', errorsPage({ errorCodes, errorTable }));
write('config.schema.json', `${JSON.stringify(configFileSchema(), null, 2)}\n`);
write('grafana/mlx-inference-server.json', `${JSON.stringify(dashboard(), null, 2)}\n`);
