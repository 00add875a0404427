// ServerError → Ollama's error: a text. Its clients read over `code` and `param`, which are this server's own.
import type { ServerError } from '../core/index.ts';

const maxMessageCharacters = 2000;

export const ollamaErrorBody = ({ message, code, param }: ServerError) => ({
  error: message.slice(0, maxMessageCharacters),
  code,
  param,
});
