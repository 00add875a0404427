export * from './clock.ts';
export * from './constraint.ts';
export * from './generation.ts';
export * from './generation-event.ts';
export * from './model-id.ts';
export * from './sampling.ts';
export * from './server-error.ts';
export * from './server-event.ts';
