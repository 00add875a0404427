export { openResponseStore, type ResponseStore } from './response-store.ts';
