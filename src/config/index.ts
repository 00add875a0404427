export * from './load.ts';
export * from './machine.ts';
export * from './package-root.ts';
export * from './secret.ts';
export * from './settings.ts';
export * from './version.ts';
