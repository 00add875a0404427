// Settings of where models are downloaded from. Part of the table in settings.ts. Names are those of Hugging Face's own tools.
import { secretText } from './access-parsers.ts';
import { httpAddress, yesOrNo } from './parsers.ts';
import type { Secret } from './secret.ts';
import { setting } from './setting.ts';

export const hubSettings = {
  huggingFaceEndpoint: setting({
    env: 'HF_ENDPOINT',
    flag: null,
    parse: httpAddress,
    fallback: () => 'https://huggingface.co',
    shownDefault: 'https://huggingface.co',
    doc: 'Hub that models are downloaded from, or a mirror of it.',
  }),
  huggingFaceToken: setting<Secret | null>({
    env: 'HF_TOKEN',
    flag: null,
    parse: secretText,
    fallback: () => null,
    shownDefault: 'the file "token" in the Hugging Face folder',
    doc: 'Token for gated and private models; shown to the hub alone.',
  }),
  offline: setting({
    env: 'HF_HUB_OFFLINE',
    flag: null,
    parse: yesOrNo,
    fallback: () => false,
    shownDefault: '0',
    doc: 'Never ask the hub.',
  }),
  autoPull: setting({
    env: 'MLX_AUTO_PULL',
    flag: null,
    parse: yesOrNo,
    fallback: () => false,
    shownDefault: '0',
    doc: 'Download a model that a request names and this machine lacks. Whoever may send requests can then fill the disk.',
  }),
} as const;
