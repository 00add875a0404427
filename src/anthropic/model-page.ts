// The models of this machine as Anthropic lists them: https://docs.anthropic.com/en/api/models-list
import { z } from 'zod';
import { ServerError } from '../core/index.ts';

export interface DescribedModel {
  readonly id: string;
  /** As RFC 3339 writes it. */
  readonly createdAt: string;
  readonly contextLength: number | null;
}

const cursor = z.string().min(1).max(256).optional();
const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(20),
  before_id: cursor,
  after_id: cursor,
});
export type PageQuery = z.output<typeof pageQuery>;

/** @throws ServerError `invalid_request` naming the field at fault */
export function readPageQuery(query: unknown): PageQuery {
  const read = pageQuery.safeParse(query);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = String(issue?.path[0] ?? 'query');
  throw new ServerError('invalid_request', `"${param}": ${issue?.message ?? 'is not valid'}.`, { param });
}

/** What is not known of models here is null: none of its makers' words. */
export const modelInfo = ({ id, createdAt, contextLength }: DescribedModel) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: createdAt,
  max_input_tokens: contextLength,
  max_tokens: contextLength,
});

/** @throws ServerError `invalid_request` for a cursor that is none of the models */
export function modelPage(models: readonly DescribedModel[], { limit, before_id: before, after_id: after }: PageQuery) {
  const from = after === undefined ? 0 : placeOf(models, after, 'after_id') + 1;
  const to = before === undefined ? models.length : placeOf(models, before, 'before_id');
  const between = models.slice(from, Math.max(from, to));
  // Before a cursor come those next to it.
  const page = before !== undefined && after === undefined ? between.slice(-limit) : between.slice(0, limit);
  return {
    data: page.map(modelInfo),
    has_more: page.length < between.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

function placeOf(models: readonly DescribedModel[], id: string, param: string): number {
  const place = models.findIndex((model) => model.id === id);
  if (place >= 0) return place;
  throw new ServerError('invalid_request', `"${param}": no model of this list has that id.`, { param });
}
