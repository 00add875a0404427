export * from './block-names.ts';
export * from './channel.ts';
export { WorkerCommunicationError } from './communication-error.ts';
export * from './frame.ts';
export * from './message.ts';
export { ProtocolError } from './protocol-error.ts';
