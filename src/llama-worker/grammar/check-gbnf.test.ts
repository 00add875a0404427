import { describe, expect, it } from 'vitest';
import { checkGbnf } from './check-gbnf.ts';

const refused = (words: RegExp) =>
  expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(words) });

describe('a grammar', () => {
  it.each([
    ['root ::= "a"'],
    [
      '# a comment\nroot ::= item (", " item)* # and another\n\nitem ::= [a-z]+ |\n  "\\"" [^"\\x00-\\u001f]{0,20} "\\""\n',
    ],
    ['root ::= "(" root ")" | .'],
    ['root ::= a{2} b{1,} c{0,3}\r\na ::= [\\]\\\\-]\r\nb ::= "\\U0001F600"\nc ::= (\n "x"\n | "y" )'],
  ])('of llama.cpp is taken: %j', (source) => {
    expect(() => checkGbnf(source)).not.toThrow();
  });

  it.each([
    ['', /no rule named root/],
    ['start ::= "a"', /no rule named root/],
    ['root ::= "a', /no " at the end/],
    ['root ::= ("a"', /no \) at the end/],
    ['root ::= [a', /no \] at the end/],
    ['root ::= "\\q"', /escape/],
    ['root ::= "a" ]', /unexpected/],
    ['root = "a"', /no ::=/],
    ['root ::= a_b', /unexpected "_"/],
    ['root ::= x', /does not have/],
    ['root ::= <[5]>', /token/],
    ['root ::= "a"\nroot ::= "b"', /second time/],
    ['root ::= "a"{0,3000}', /repetition above 2000/],
    ['root ::= "a"{3,2}', /wrong way round/],
    ['root ::= root "a" | "b"', /begins with itself/],
    ['root ::= n root "a" | "b"\nn ::= m\nm ::= "c" | ""', /begins with itself/],
    ['root ::= ("a"*)*', /repeats what may be empty/],
    [`root ::= ${'('.repeat(101)}"a"${')'.repeat(101)}`, /too deeply/],
    [
      'root ::= "a"{2000}\n'.concat(...Array.from({ length: 60 }, (_, index) => `b${index} ::= "a"{2000}\n`)),
      /too large/,
    ],
    [
      `root ::= a0\n${Array.from({ length: 30 }, (_, index) => `a${index} ::= a${index + 1} | a${index + 1}`).join('\n')}\na30 ::= "x"`,
      /ways to begin/,
    ],
  ])('is refused: %j', (source, words) => {
    expect(() => checkGbnf(source)).toThrow(refused(words));
  });
});
