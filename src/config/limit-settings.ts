// Settings of how much one client may take: rate, slow connections. Part of the table in settings.ts.
import { z } from 'zod';
import { gigabytes, type Parse, parser, seconds, wholeNumber, yesOrNo } from './parsers.ts';
import { setting } from './setting.ts';

/** Enough for one body of the largest size. */
const uploadBudget: Parse<number> = parser(z.number().min(0.1), (raw) => {
  const parsed = gigabytes(raw);
  return 'value' in parsed && parsed.value < 0.1 * 1024 ** 3 ? { problem: 'must be 0.1 gigabytes or more' } : parsed;
});

export const limitSettings = {
  rateLimitEnabled: setting({
    env: 'MLX_RATE_LIMIT_ENABLED',
    flag: null,
    parse: yesOrNo,
    fallback: () => false,
    shownDefault: '0',
    doc: 'Limits the requests of each key, or of each client address where there are no keys.',
    reload: 'at once',
  }),
  rateLimitRpm: setting({
    env: 'MLX_RATE_LIMIT_RPM',
    flag: null,
    parse: wholeNumber(1, 1_000_000),
    fallback: () => 60,
    shownDefault: '60',
    doc: 'Requests a minute that a client may make for long.',
    reload: 'at once',
  }),
  rateLimitBurst: setting({
    env: 'MLX_RATE_LIMIT_BURST',
    flag: null,
    parse: wholeNumber(1, 1_000_000),
    fallback: () => 10,
    shownDefault: '10',
    doc: 'Requests that a client who has been quiet may make at once.',
    reload: 'at once',
  }),
  uploadBudgetBytes: setting({
    env: 'MLX_UPLOAD_BUDGET_GB',
    flag: null,
    parse: uploadBudget,
    fallback: () => 1024 ** 3 / 2,
    shownDefault: '0.5',
    doc: 'Gigabytes that the bodies of all requests may hold together until they are answered; more is refused with insufficient_memory.',
  }),
  headersTimeoutMs: setting({
    env: 'MLX_HEADERS_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 3600),
    fallback: () => 15_000,
    shownDefault: '15',
    doc: 'Seconds a client may take to send the headers of a request; then its connection is closed.',
  }),
  bodyTimeoutMs: setting({
    env: 'MLX_BODY_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: () => 120_000,
    shownDefault: '120',
    doc: 'Seconds a client may take to send a whole request; then its connection is closed.',
  }),
  writeStallTimeoutMs: setting({
    env: 'MLX_WRITE_STALL_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: () => 30_000,
    shownDefault: '30',
    doc: 'Seconds a client may read nothing of what waits for it; then its connection is closed and its generation stops.',
  }),
} as const;
