// What protocol/worker-protocol.md asks of every worker, as tests against the program itself with a real model.
// Knows nothing of any engine; what may differ between them is in the expectations.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerCases } from './contract/answer-cases.ts';
import { batchCases } from './contract/batch-cases.ts';
import { bulkCases } from './contract/bulk-cases.ts';
import { lifeCases } from './contract/life-cases.ts';
import { pauseCases } from './contract/pause-cases.ts';
import { promptCases } from './contract/prompt-cases.ts';
import { refusalCases } from './contract/refusal-cases.ts';
import { samplingCases } from './contract/sampling-cases.ts';
import { type ContractSetting, contextLength, type WorkerUnderTest } from './contract/setting.ts';
import { type Ready, WorkerClient } from './worker-client.ts';

export function describeWorkerContract(program: WorkerUnderTest): void {
  const reason = program.missing === null ? '' : ` (skipped: ${program.missing})`;
  describe.skipIf(program.missing !== null)(`worker contract: ${program.name}${reason}`, () => {
    let client: WorkerClient | undefined;
    let ready: Ready | undefined;
    const setting: ContractSetting = {
      program,
      worker: () => client as WorkerClient,
      ready: () => ready as Ready,
    };

    beforeAll(async () => {
      client = new WorkerClient(program);
      const answer = await client.load({ path: program.modelPath, contextLength });
      if (answer.type === 'error') throw new Error(answer.message);
      ready = answer;
    });

    afterAll(async () => {
      await client?.[Symbol.asyncDispose]();
    });

    answerCases(setting);
    samplingCases(setting);
    promptCases(setting);
    refusalCases(setting);
    batchCases(setting);
    pauseCases(setting);
    bulkCases(setting);

    it('has ended every request exactly once, with no frame after the end', () => {
      const open = new Set<string>();
      const closed = new Set<string>();
      for (const { frame } of setting.worker().frames) {
        const ids = frame.type === 'step' ? frame.deltas.map(({ id }) => id) : 'id' in frame ? [frame.id ?? ''] : [];
        for (const id of ids) {
          expect(closed.has(id), `a frame after the end of ${id}`).toBe(false);
          open.add(id);
          if (frame.type === 'end' || frame.type === 'error') closed.add(id);
        }
      }
      expect(closed).toEqual(open);
    });

    lifeCases(setting);
  });
}
