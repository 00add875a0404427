// Routes as registered, and what operations.ts says of them → one OpenAPI 3.1 document. Schemas are those that validate.
import { type ErrorCode, errorTable } from '../../core/index.ts';
import { isOpenRoute } from '../access/open-routes.ts';
import { type Dialect, dialectOf } from '../dialect.ts';
import { errorAnswers } from './error-answers.ts';
import { jsonSchemaOf } from './json-schema.ts';
import type { Answer, Operation } from './operation.ts';

export interface DocumentParts {
  readonly version: string;
  readonly routes: readonly { readonly method: string; readonly url: string }[];
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Of every route, and of every route that needs a key. */
const everywhere: readonly ErrorCode[] = ['invalid_request', 'forbidden_host', 'forbidden_origin', 'internal'];
const guarded: readonly ErrorCode[] = ['invalid_api_key', 'rate_limited'];

export function openapiDocument({ version, routes, operations }: DocumentParts): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, url } of routes) {
    const operation = operations[`${method} ${url}`];
    if (operation === undefined) continue;
    const path = documentPath(url);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = operationObject(operation, {
      isOpen: isOpenRoute(method, url),
      dialect: dialectOf(url),
    });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MLX Inference Server',
      version,
      description: 'Text and vision language models on your own machine, behind the APIs that clients already speak.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    // Keys are asked for only where the operator has configured some.
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer KEY' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: Object.fromEntries(Object.entries(errorAnswers).map(([name, schema]) => [name, jsonSchemaOf(schema)])),
    },
  };
}

/** Fastify's wildcard stands for the name of a model. */
export const documentPath = (url: string): string => url.replace('*', '{id}').replace(/:(\w+)/g, '{$1}');

interface About {
  /** It needs no key. */
  readonly isOpen: boolean;
  readonly dialect: Dialect;
}

function operationObject(operation: Operation, { isOpen, dialect }: About): object {
  const { id, summary, tag, description, parameters = [], request, answer, more = {} } = operation;
  const codes = new Set([...everywhere, ...(isOpen ? [] : guarded), ...(operation.errors ?? [])]);
  const answers = Object.entries(more).map(([status, other]) => [status, answerObject(other)] as const);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    ...(parameters.length === 0
      ? {}
      : { parameters: parameters.map((parameter) => ({ ...parameter, required: parameter.in === 'path' })) }),
    ...(request === undefined ? {} : { requestBody: { required: true, content: requestContent(request) } }),
    responses: {
      200: answerObject(answer),
      ...errorResponses([...codes], dialect),
      ...Object.fromEntries(answers),
      default: errorResponse('Any other failure.', {}, dialect),
    },
  };
}

const requestContent = ({ schema, examples }: NonNullable<Operation['request']>): object => ({
  'application/json': {
    schema: jsonSchemaOf(schema),
    examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
  },
});

/** Of every answer, errors included. */
const headers = {
  'x-request-id': { description: 'The id of the request, in the log too.', schema: { type: 'string' } },
};

const answerObject = ({ description, schema, otherTypes = [] }: Answer): object => ({
  description,
  headers,
  content: {
    ...(schema === undefined ? {} : { 'application/json': { schema: jsonSchemaOf(schema) } }),
    ...Object.fromEntries(otherTypes.map((type) => [type, {}])),
  },
});

const retryAfter = { description: 'Seconds after which to try again.', schema: { type: 'integer', minimum: 1 } };

function errorResponses(codes: readonly ErrorCode[], dialect: Dialect): Record<number, object> {
  const statusOf = (code: ErrorCode): number => dialect.status({ code, status: errorTable[code].status });
  const statuses = new Set(codes.map(statusOf));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const some = codes.filter((code) => statusOf(code) === status);
      const more = some.some((code) => errorTable[code].retryable) ? { 'retry-after': retryAfter } : {};
      return [status, errorResponse(some.map((code) => `\`${code}\``).join(', '), more, dialect)];
    }),
  );
}

const errorResponse = (description: string, more: object, { errors }: Dialect): object => ({
  description,
  headers: { ...headers, ...more },
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${errors}` } } },
});
