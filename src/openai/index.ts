export { addToAnswer, emptyAnswer } from './answer.ts';
export { chatCodec } from './chat-codec.ts';
export { type CompletionRequest, readChatRequest } from './chat-request.ts';
export type { AnswerAbout, Codec, StreamWording } from './codec.ts';
export { completionCodec } from './completion-codec.ts';
export { readCompletionRequest } from './completion-request.ts';
export { embeddingBodyOf, readEmbeddingRequest, readRerankRequest, rerankBodyOf } from './embedding-request.ts';
export { errorBody } from './error-body.ts';
export { options } from './options.ts';
export type { RequestContext } from './request-fields.ts';
export {
  detokenizeBodyOf,
  readDetokenizeRequest,
  readTokenizeRequest,
  tokenizeBodyOf,
} from './tokenize-request.ts';
