// Settings of who may use the server: keys, hosts, origins. Part of the table in settings.ts.
import { apiKeys, hostList, originList, secretText } from './access-parsers.ts';
import { text, yesOrNo } from './parsers.ts';
import type { ApiKey, Secret } from './secret.ts';
import { setting } from './setting.ts';

export const accessSettings = {
  apiKeys: setting<readonly ApiKey[]>({
    env: 'MLX_API_KEYS',
    flag: null,
    parse: apiKeys,
    fallback: () => [],
    shownDefault: 'none',
    doc: 'Keys that may use the server, as name:key or key, separated by commas. Needed for an address beyond loopback.',
    separator: ',',
    reload: 'at once',
  }),
  apiKeysFile: setting<string | null>({
    env: 'MLX_API_KEYS_FILE',
    flag: null,
    parse: text,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'File with more keys, one a line or separated by commas; lines that begin with # are comments.',
    reload: 'at once',
  }),
  apiKey: setting<Secret | null>({
    env: 'MLX_API_KEY',
    flag: null,
    parse: secretText,
    fallback: () => null,
    shownDefault: 'the first of the keys above',
    doc: 'Key that this command line shows to a running server.',
  }),
  allowUnauthenticated: setting({
    env: 'MLX_ALLOW_UNAUTHENTICATED',
    flag: null,
    parse: yesOrNo,
    fallback: () => false,
    shownDefault: '0',
    doc: 'Allows an address beyond loopback without keys, so that anybody who reaches it may use the server.',
    reload: 'at once',
  }),
  allowedHosts: setting<readonly string[]>({
    env: 'MLX_ALLOWED_HOSTS',
    flag: null,
    parse: hostList,
    fallback: () => [],
    shownDefault: 'loopback names',
    doc: 'Names that the server may be called by beside loopback names and its own address, as name or name:port, separated by commas.',
    separator: ',',
    reload: 'at once',
  }),
  allowedOrigins: setting<readonly string[]>({
    env: 'MLX_ALLOWED_ORIGINS',
    flag: null,
    parse: originList,
    fallback: () => [],
    shownDefault: 'none',
    doc: 'Origins of web pages that may use the server, separated by commas.',
    separator: ',',
    reload: 'at once',
  }),
} as const;
