// A constraint → the program that its matcher follows: the whole of a compile, for the thread that does it.
import type { Constraint } from '../core/index.ts';
import { checkGbnf } from './grammar/check-gbnf.ts';
import { compileGrammar, type Program } from './grammar/compile-grammar.ts';
import { constraintGrammar } from './grammar/constraint-grammar.ts';

/** @throws ServerError for a constraint that cannot be held to */
export const grammarProgram = (constraint: Constraint): Program =>
  compileGrammar(checkGbnf(constraintGrammar(constraint)));
