export {
  type AnswerBlock,
  type AnswerBlocks,
  addToBlocks,
  argumentsOf,
  type BlockStep,
  closeBlocks,
  emptyBlocks,
} from './answer-blocks.ts';
export { chatCodec } from './chat-codec.ts';
export { type CompletionRequest, chatBody, readChatRequest } from './chat-request.ts';
export type { AnswerAbout, Codec, FirstEvent, Framing, StreamWording } from './codec.ts';
export { completionCodec } from './completion-codec.ts';
export { completionBody, readCompletionRequest } from './completion-request.ts';
export {
  type EmbeddingRequest,
  embeddingBody,
  embeddingBodyOf,
  readEmbeddingRequest,
  readRerankRequest,
  rerankBody,
  rerankBodyOf,
} from './embedding-request.ts';
export { errorBody } from './error-body.ts';
export { listOf } from './list-of.ts';
export { options } from './options.ts';
export { parseBody } from './parse-body.ts';
export { maybe, type RequestContext, refuseUnsupported } from './request-fields.ts';
export { constraintOf } from './response-format.ts';
export type { Item, SentItem } from './responses/items.ts';
export {
  type ResponseBody,
  type ResponseHead,
  responseOfItem,
} from './responses/response-body.ts';
export { createResponseCodec, responseEventText, responseIdPrefix } from './responses/response-codec.ts';
export { createResponseTeller, type ResponseEvent, type ResponseTeller } from './responses/response-events.ts';
export { type ResponsesRequest, readResponsesRequest, responsesBody } from './responses/responses-request.ts';
export { textOr } from './text-or.ts';
export {
  detokenizeBody,
  detokenizeBodyOf,
  readDetokenizeRequest,
  readTokenizeRequest,
  tokenizeBody,
  tokenizeBodyOf,
} from './tokenize-request.ts';
