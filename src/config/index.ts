export * from './file-schema.ts';
export * from './load.ts';
export * from './machine.ts';
export { settingsOfModel } from './model-settings.ts';
export * from './package-root.ts';
export * from './plan-reload.ts';
export * from './secret.ts';
export * from './settings.ts';
export * from './version.ts';
