// What can go wrong between us and a hub, told so that its reader knows what to do. Never holds a token or a signed address.
import { ServerError } from '../../core/index.ts';

/** The request was answered, or not, in a way that another try may mend. */
export class TransferFailure extends Error {
  /** When the hub asked to come back, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const notFound = (message: string): ServerError => new ServerError('model_not_found', message, { param: 'model' });

/** A status that no further try will change. */
export function refusalOf(status: number, about: { repository: string; host: string; hasToken: boolean }): ServerError {
  const { repository, host, hasToken } = about;
  if (status === 404) return notFound(`${host} has no model ${repository}, or it is private.`);
  if (status === 401 && hasToken) return notFound(`${host} does not accept HF_TOKEN: it is wrong or has expired.`);
  if (status === 401 || status === 403) {
    const remedy = hasToken
      ? 'your account has no access yet: ask for it on its page'
      : 'ask for access on its page, then set HF_TOKEN to a token of your account';
    return notFound(`${repository} is gated or private: ${remedy} (${host}/${repository}).`);
  }
  return downloadFailed(`${host} answered ${status} for ${repository}.`);
}

export const downloadFailed = (message: string, cause?: unknown): ServerError =>
  new ServerError('worker_start_failed', message, { cause });
