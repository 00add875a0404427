// Settings of who waits for how long. Part of the table in settings.ts.
import { seconds, wholeNumber } from './parsers.ts';
import { setting } from './setting.ts';

export const queueSettings = {
  queueMaxDepth: setting({
    env: 'MLX_QUEUE_MAX_DEPTH',
    flag: null,
    parse: wholeNumber(0, 100_000),
    fallback: () => 256,
    shownDefault: '256',
    doc: 'Requests that may wait; one more is refused with queue_full.',
    reload: 'at once',
  }),
  queueTimeoutHighMs: setting({
    env: 'MLX_QUEUE_TIMEOUT_HIGH',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: () => 300_000,
    shownDefault: '300',
    doc: 'Seconds a request of high priority may wait.',
    reload: 'at once',
  }),
  queueTimeoutNormalMs: setting({
    env: 'MLX_QUEUE_TIMEOUT_NORMAL',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: () => 120_000,
    shownDefault: '120',
    doc: 'Seconds a request of normal priority may wait.',
    reload: 'at once',
  }),
  queueTimeoutLowMs: setting({
    env: 'MLX_QUEUE_TIMEOUT_LOW',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: () => 60_000,
    shownDefault: '60',
    doc: 'Seconds a request of low priority may wait.',
    reload: 'at once',
  }),
} as const;
