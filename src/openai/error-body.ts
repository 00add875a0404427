// ServerError → OpenAI's error object.
import type { ServerError } from '../core/index.ts';

const maxMessageCharacters = 2000;

export const errorBody = (error: ServerError) => ({
  error: {
    message: error.message.slice(0, maxMessageCharacters),
    type: error.type,
    param: error.param,
    code: error.code,
  },
});
