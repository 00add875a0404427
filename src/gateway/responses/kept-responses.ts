// Responses between requests: kept, found again by who made them, joined to a conversation. What a server left unfinished
// when it died is found failed.
import { ServerError } from '../../core/index.ts';
import {
  type Item,
  type ResponseBody,
  type ResponsesRequest,
  responseOfItem,
  type SentItem,
} from '../../openai/index.ts';
import type { ResponseStore } from '../../store/index.ts';

export interface KeptResponsesParts {
  readonly store: ResponseStore;
  /** This process, as `isAlive` knows it. */
  readonly owner: string;
  /** Whether the process that worked on a response still lives. */
  readonly isAlive: (owner: string) => Promise<boolean>;
}

export interface KeptResponse {
  readonly body: ResponseBody;
  readonly input: readonly Item[];
  readonly previousId: string | null;
  /** Texts of its events; null where it cannot be read as a stream again. */
  readonly events: readonly string[] | null;
}

export interface ResponseToKeep extends KeptResponse {
  readonly holder: string;
  /** It is being worked on here. */
  readonly isRunning: boolean;
}

export interface KeptResponses {
  save(response: ResponseToKeep): void;
  /** @throws ServerError `not_found` */
  find(id: string, holder: string): Promise<KeptResponse>;
  remove(id: string, holder: string): void;
  /** All that was said before `request`, and what it adds. @throws ServerError `not_found`, `invalid_request` */
  conversation(request: ResponsesRequest, holder: string): Promise<Conversation>;
}

export interface Conversation {
  readonly before: readonly Item[];
  readonly added: readonly Item[];
}

/** A longer conversation has to be sent as input. */
const maxResponses = 500;

export function createKeptResponses({ store, owner, isAlive }: KeptResponsesParts): KeptResponses {
  const save = ({ body, input, previousId, events, holder, isRunning }: ResponseToKeep): void => {
    const record = {
      id: body.id,
      holder,
      status: body.status,
      previousId,
      owner: isRunning ? owner : null,
      body: JSON.stringify(body),
      input: JSON.stringify(input),
    };
    const withEvents = events === null ? null : JSON.stringify(events);
    if (store.save({ ...record, events: withEvents }) || store.save({ ...record, events: null })) return;
    store.remove(body.id, holder); // Better not found than found as it was before it grew.
  };

  const find = async (id: string, holder: string): Promise<KeptResponse> => {
    const record = store.find(id, holder);
    if (record === undefined) throw notKept(id, undefined);
    const kept: KeptResponse = {
      body: JSON.parse(record.body) as ResponseBody,
      input: JSON.parse(record.input) as Item[],
      previousId: record.previousId,
      events: record.events === null ? null : (JSON.parse(record.events) as string[]),
    };
    if (record.owner === null || (await isAlive(record.owner))) return kept;
    const failed = { ...kept, body: { ...kept.body, status: 'failed' as const, error: serverEnded }, events: null };
    save({ ...failed, holder, isRunning: false });
    return failed;
  };

  const conversation = async (request: ResponsesRequest, holder: string): Promise<Conversation> => {
    const added: Item[] = [];
    for (const item of request.sent) {
      added.push(item.type === 'item_reference' ? await lookUp(find, item, holder) : item);
    }
    return { before: await itemsBefore(find, request.previousId, holder), added };
  };
  return { save, find, remove: (id, holder) => void store.remove(id, holder), conversation };
}

type Find = KeptResponses['find'];

const serverEnded = { code: 'server_error', message: 'The server ended before this answer was complete.' };

const notKept = (id: string, param: string | undefined): ServerError =>
  new ServerError(
    'not_found',
    `No response ${JSON.stringify(id.slice(0, 64))} is kept for you here: never stored, deleted, too old or too large.`,
    { param },
  );

async function itemsBefore(find: Find, previousId: string | undefined, holder: string): Promise<readonly Item[]> {
  const turns: (readonly Item[])[] = [];
  const param = 'previous_response_id';
  for (let id: string | null = previousId ?? null; id !== null; ) {
    const wanted: string = id;
    const {
      body,
      input,
      previousId: before,
    } = await find(wanted, holder).catch(() => {
      throw notKept(wanted, param);
    });
    if (body.status === 'queued' || body.status === 'in_progress') {
      throw new ServerError('invalid_request', `The response ${wanted} has not ended yet.`, { param });
    }
    turns.push([...input, ...(body.output as readonly Item[])]);
    if (turns.length > maxResponses) {
      const text = `The conversation is longer than ${maxResponses} responses; send it as "input".`;
      throw new ServerError('invalid_request', text, { param });
    }
    id = before;
  }
  return turns.reverse().flat();
}

type Reference = Extract<SentItem, { type: 'item_reference' }>;

async function lookUp(find: Find, { id }: Reference, holder: string): Promise<Item> {
  const responseId = responseOfItem(id);
  if (responseId !== undefined) {
    const { input, body } = await find(responseId, holder).catch(() => {
      throw notKept(responseId, 'input');
    });
    const found = [...input, ...(body.output as readonly Item[])].find((item) => item.id === id);
    if (found !== undefined) return found;
  }
  throw new ServerError('not_found', `No item ${JSON.stringify(id.slice(0, 64))} is kept here.`, { param: 'input' });
}
