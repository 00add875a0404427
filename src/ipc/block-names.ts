// The names under which one worker and its server may make shared blocks: drawn before the worker starts, on record before
// the first block, known to nobody else. Each serves again once its block was read and unlinked.
import { randomBytes } from 'node:crypto';

export interface BlockNames {
  /** For blocks to the worker. */
  readonly own: readonly string[];
  /** For blocks from the worker. */
  readonly granted: readonly string[];
}

/** Blocks under way at once, each way; more bytes than these carry go inline. */
const namesEachWay = 8;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

export function drawBlockNames(): BlockNames {
  return { own: drawNames(), granted: drawNames() };
}

export const noBlockNames: BlockNames = { own: [], granted: [] };

const drawNames = (): string[] => Array.from({ length: namesEachWay }, drawName);

/** 130 random bits; with slash and prefix the 31 characters that macOS allows. */
const drawName = (): string => `/mlx-${Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('')}`;
