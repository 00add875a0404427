// Server-sent events as OpenAI sends them: data alone, [DONE] at the end.
import type { Framing } from './codec.ts';
import { errorBody } from './error-body.ts';

export const openaiFraming: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  keepAlive: ': keep-alive\n\n',
  done: 'data: [DONE]\n\n',
  error: (error) => `data: ${JSON.stringify(errorBody(error))}\n\n`,
};
