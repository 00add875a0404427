export { openResponseStore, type ResponseRecord, type ResponseStore } from './response-store.ts';
