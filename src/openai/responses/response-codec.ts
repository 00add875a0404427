// GenerationEvents → a response, whole and as numbered events.
import type { GenerationEvent } from '../../core/index.ts';
import type { AnswerAbout, Codec, Framing } from '../codec.ts';
import type { ResponseBody, ResponseHead, ResponseSpec } from './response-body.ts';
import { createResponseTeller, type ResponseEvent } from './response-events.ts';

export const responseEventText = (event: ResponseEvent): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const framing: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  keepAlive: ': keep-alive\n\n',
  done: '',
  error: ({ code, message, param }) => responseEventText({ type: 'error', sequence_number: 0, code, message, param }),
};

export interface ResponseCodecOptions {
  readonly spec: ResponseSpec;
  /** Hears of the response once it has ended well. */
  readonly onEnd: (response: ResponseBody) => void;
}

export const responseIdPrefix = 'resp_';

export function createResponseCodec({ spec, onEnd }: ResponseCodecOptions): Codec<GenerationEvent[]> {
  const headOf = ({ id, created, model }: AnswerAbout): ResponseHead => ({ id, createdSeconds: created, model, spec });
  const ended = (response: ResponseBody): ResponseBody => {
    onEnd(response);
    return response;
  };
  return {
    idPrefix: responseIdPrefix,
    framing,
    stream(about) {
      const teller = createResponseTeller(headOf(about));
      const words = (events: readonly ResponseEvent[]): string => events.map(responseEventText).join('');
      return {
        opening: () => words([...teller.created(), ...teller.started()]),
        delta: (_, delta) => words(teller.delta(delta)),
        closing: (_, end) => {
          const last = words(teller.end(end));
          ended(teller.body());
          return last;
        },
        usage: () => '',
        failed: (error) => words(teller.fail(error)),
      };
    },
    empty: () => [],
    add: (events, event) => {
      if (event.type === 'token-delta' || event.type === 'end') events.push(event);
    },
    whole: (about, [events]) => {
      const teller = createResponseTeller(headOf(about));
      for (const event of events!) {
        if (event.type === 'token-delta') teller.delta(event);
        else if (event.type === 'end') teller.end(event);
      }
      return ended(teller.body());
    },
  };
}
