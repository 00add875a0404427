export type { AccessRules } from './access/guard.ts';
export { createAdminApp } from './admin-app.ts';
export { createApiApp } from './api-app.ts';
export { createLiveRequests } from './live-requests.ts';
export type { RateLimitOptions } from './rate-limit.ts';
export type { KeptResponsesParts } from './responses/kept-responses.ts';
export { modelBody } from './routes/model-body.ts';
export type { ModelControl } from './routes/model-control.ts';
