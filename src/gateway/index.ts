export { createAdminApp } from './admin-app.ts';
export { createApiApp } from './api-app.ts';
