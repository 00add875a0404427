export * from './channel.ts';
export * from './frame.ts';
export * from './message.ts';
