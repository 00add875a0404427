// The thread in which grammars are compiled: a constraint comes in, its program or its refusal goes out.
import { parentPort } from 'node:worker_threads';
import { type Constraint, ServerError } from '../core/index.ts';
import { grammarProgram } from './grammar-program.ts';
import type { CompileOutcome } from './grammar-thread.ts';

parentPort?.on('message', (constraint: Constraint) => {
  parentPort?.postMessage(outcomeOf(constraint));
});

parentPort?.postMessage('ready');

function outcomeOf(constraint: Constraint): CompileOutcome {
  try {
    return { kind: 'program', program: grammarProgram(constraint) };
  } catch (error) {
    if (error instanceof ServerError) return { kind: 'refused', message: error.message, param: error.param };
    // A stack that overflows is a grammar's doing.
    if (error instanceof RangeError)
      return { kind: 'refused', message: 'This form is too deep or too large.', param: null };
    throw error;
  }
}
