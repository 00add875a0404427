// What the groups of contract cases share: the program under test, one loaded worker, its context.

import type { Ready, WorkerClient, WorkerProgram } from '../worker-client.ts';
import type { ModelFacts } from './models.ts';

interface WorkerExpectations {
  /** Whether a resumed answer is token for token the undisturbed one; otherwise near ties may fall differently. */
  readonly exactResume: boolean;
  /** Longest a ping may take while the engine works. */
  readonly pingMs: number;
  /** Tokens of a prompt that takes many chunks; MLX on a CPU prefills ten tokens a second. */
  readonly longPromptTokens: number;
  /** Tokens of an answer that is still running when a pause arrives. */
  readonly longAnswerTokens: number;
}

export interface WorkerUnderTest extends WorkerProgram {
  readonly name: string;
  readonly facts: ModelFacts;
  readonly expectations: WorkerExpectations;
  /** Why the suite cannot run here; null runs it. */
  readonly missing: string | null;
}

/** What every group of cases gets: one loaded worker for all, and the means to start more. */
export interface ContractSetting {
  readonly worker: () => WorkerClient;
  readonly ready: () => Ready;
  readonly program: WorkerUnderTest;
}

export const contextLength = 2048;
