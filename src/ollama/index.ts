export { createOllamaCodec, emptyOllamaAnswer, type OllamaForm } from './codec.ts';
export {
  embedBody,
  embedBodyOf,
  type OllamaEmbedRequest,
  oldEmbedBody,
  oldEmbedBodyOf,
  readEmbedRequest,
  readOldEmbedRequest,
} from './embed.ts';
export { ollamaErrorBody } from './error-body.ts';
export { fromOllama, parameterSize, toOllama } from './model-name.ts';
export { chatBody, generateBody, type OllamaRequest, readChatRequest, readGenerateRequest } from './requests.ts';
