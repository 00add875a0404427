export { messagesErrorBody, messagesErrorStatus } from './error-body.ts';
export { messageCodec } from './message-codec.ts';
export { countBody, messagesBody, readCountRequest, readMessagesRequest } from './messages-request.ts';
export { modelInfo, modelPage, readPageQuery } from './model-page.ts';
