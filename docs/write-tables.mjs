// Prints docs/configuration.md, docs/errors.md and the options in docs/api.md from the tables in the code. After a change:
//   npm run build && node docs/write-tables.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileKey, settingNames, settings } from '../dist/config/index.js';
import { errorCodes, errorTable } from '../dist/core/index.js';
import { options } from '../dist/openai/index.js';
import { configurationPage, errorsPage, withOptions } from './tables.mjs';

const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text);
write('configuration.md', configurationPage({ settingNames, settings, fileKey }));
write('api.md', withOptions(readFileSync(new URL('api.md', import.meta.url), 'utf8'), options));
write('errors.md', errorsPage({ errorCodes, errorTable }));
