export { createAdminApp } from './admin-app.ts';
export { createApiApp } from './api-app.ts';
export type { ModelControl } from './routes/model-control.ts';
