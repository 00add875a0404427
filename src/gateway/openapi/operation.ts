// What the document says of a route beyond its method and path. A route that is registered needs an entry in
// operations.ts; a test holds the two against each other.
import type { z } from 'zod';
import type { ErrorCode } from '../../core/index.ts';

export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly request?: RequestBody;
  readonly answer: Answer;
  /** Other answers that are no errors, by status. */
  readonly more?: Readonly<Record<number, Answer>>;
  /** Codes that this route answers with, beside those that every guarded route has. */
  readonly errors?: readonly ErrorCode[];
}

export interface RequestBody {
  /** The schema that the route validates with. */
  readonly schema: z.ZodType;
  /** Requests that work as they are, by a name. */
  readonly examples: Readonly<Record<string, object>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly description: string;
  /** Undefined where it is not JSON. */
  readonly schema?: z.ZodType;
  /** Further forms of the body: `text/event-stream` of a route that can stream. */
  readonly otherTypes?: readonly string[];
}
