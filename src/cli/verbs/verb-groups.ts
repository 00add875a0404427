// Every verb there is, in the order of --help.
import { chatVerbs } from './chat-verbs.ts';
import { configVerbs } from './config-verbs.ts';
import { daemonVerbs } from './daemon-verbs.ts';
import { modelVerbs } from './model-verbs.ts';
import { serverVerbs } from './server-verbs.ts';
import { shellVerbs } from './shell-verbs.ts';
import type { VerbGroup } from './verb.ts';

export const verbGroups: readonly VerbGroup[] = [
  chatVerbs,
  modelVerbs,
  serverVerbs,
  daemonVerbs,
  configVerbs,
  shellVerbs,
];
