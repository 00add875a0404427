// Rules → a program that a matcher follows: nodes that take a character, call a rule, go two ways or end a rule.
// Plain arrays, so that another thread can make it. Repetitions are written out, groups within them are rules.
import type { CharacterSet } from './characters.ts';
import { type Alternatives, type Element, setsOf } from './parse-gbnf.ts';
import { refusal } from './refusal.ts';

export const nodeKind = { end: 0, take: 1, call: 2, fork: 3 } as const;

/** Node 0 ends a rule. */
export interface Program {
  readonly start: number;
  readonly kinds: Uint8Array;
  /** The node behind; of a fork one of its two ways. */
  readonly next: Int32Array;
  /** Which of `sets` a node takes, where the rule begins that it calls, the other way of a fork. */
  readonly target: Int32Array;
  /** First and last code points in turn. */
  readonly sets: readonly Int32Array[];
}

/** With those that are kept, a bound on memory: 9 bytes each. */
export const maxNodes = 2 ** 18;
const endNode = 0;

/** @throws ServerError where it is too large */
export function compileGrammar(rules: ReadonlyMap<string, Alternatives>): Program {
  const { add, ...nodes } = createNodes();
  const ruleNumbers = new Map([...rules.keys()].map((name, index) => [name, index]));
  const bodies: Alternatives[] = [...rules.values()];
  const begins: number[] = [];

  const alternativesOf = (alternatives: Alternatives, next: number): number =>
    alternatives.map((elements) => sequenceOf(elements, next)).reduceRight((other, way) => add.fork(way, other));
  const sequenceOf = (elements: readonly Element[], next: number): number =>
    elements.reduceRight((behind, element) => entryOf(element, behind), next);
  /** The node with which the element begins when `next` follows it. */
  const entryOf = (element: Element, next: number): number => {
    switch (element.kind) {
      case 'text':
        return setsOf(element.text).reduceRight((behind, set) => add.take(set, behind), next);
      case 'class':
        return add.take(element.set, next);
      case 'rule':
        return add.call(ruleNumbers.get(element.name) ?? 0, next);
      case 'group':
        return alternativesOf(element.alternatives, next);
      case 'repeat':
        return repetitionOf(element, next);
    }
  };
  const repetitionOf = ({ of, min, max }: Extract<Element, { kind: 'repeat' }>, next: number): number => {
    const isLong = of.kind === 'group' || of.kind === 'repeat' || (of.kind === 'text' && of.text.length > 1);
    const rule = isLong && min + (max === Infinity ? 1 : max) > 1 ? bodies.push([[of]]) - 1 : null;
    const once = (behind: number): number => (rule === null ? entryOf(of, behind) : add.call(rule, behind));
    let entry = next;
    if (max === Infinity) {
      const again = add.fork(endNode, next);
      nodes.patch(again, once(again));
      entry = again;
    } else for (let count = min; count < max; count += 1) entry = add.fork(once(entry), next);
    for (let count = 0; count < min; count += 1) entry = once(entry);
    return entry;
  };
  for (let rule = 0; rule < bodies.length; rule += 1) begins.push(alternativesOf(bodies[rule]!, endNode));
  return nodes.program(begins, ruleNumbers.get('root') ?? 0);
}

function createNodes() {
  const kinds: number[] = [nodeKind.end];
  const next: number[] = [endNode];
  const target: number[] = [0];
  const sets: Int32Array[] = [];
  const setNumbers = new Map<string, number>();
  const node = (kind: number, behind: number, what: number): number => {
    if (kinds.length >= maxNodes) throw refusal('The grammar is too large when its repetitions are written out.');
    next.push(behind);
    target.push(what);
    return kinds.push(kind) - 1;
  };
  const numberOf = (set: CharacterSet): number => {
    const key = set.join();
    const number = setNumbers.get(key) ?? sets.push(Int32Array.from(set.flat())) - 1;
    setNumbers.set(key, number);
    return number;
  };
  return {
    add: {
      take: (set: CharacterSet, behind: number) => node(nodeKind.take, behind, numberOf(set)),
      /** By its number, until the program is whole. */
      call: (rule: number, behind: number) => node(nodeKind.call, behind, rule),
      fork: (way: number, other: number) => node(nodeKind.fork, way, other),
    },
    /** Leads a fork to a way that was not there when it was made. */
    patch: (fork: number, way: number) => {
      next[fork] = way;
    },
    program: (begins: readonly number[], root: number): Program => ({
      start: begins[root] ?? endNode,
      kinds: Uint8Array.from(kinds),
      next: Int32Array.from(next),
      target: Int32Array.from(target, (what, index) => (kinds[index] === nodeKind.call ? (begins[what] ?? 0) : what)),
      sets,
    }),
  };
}
