import { describe, expect, it } from 'vitest';
import { type Heard, hear } from '../../test/fixtures/answers/hear.ts';
import { templates, tools, transcripts } from '../../test/fixtures/answers/transcripts.ts';
import { planAnswer } from './answer-plan.ts';
import { readWording } from './wording.ts';

const withoutIds = ({ calls, ...heard }: Heard) => ({ ...heard, calls: calls.map(({ id: _, ...call }) => call) });

describe.each(transcripts)('$format: $title', (transcript) => {
  const whole = hear(transcript, [transcript.said]);

  it('is understood', () => {
    expect(whole.text).toBe(transcript.text);
    expect(whole.reasoning).toBe(transcript.reasoning ?? '');
    expect(whole.calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) }))).toEqual(
      transcript.calls.map(({ name, arguments: values }) => ({ name, arguments: values })),
    );
    for (const [index, { id }] of transcript.calls.entries())
      if (id !== undefined) expect(whole.calls[index]!.id).toBe(id);
  });

  it('means the same wherever it is cut', () => {
    const { said } = transcript;
    for (let at = 1; at < said.length; at += 1) {
      expect(withoutIds(hear(transcript, [said.slice(0, at), said.slice(at)]))).toEqual(withoutIds(whole));
    }
    expect(withoutIds(hear(transcript, [...said]))).toEqual(withoutIds(whole));
  });

  it('loses no word when it breaks off, wherever that is', () => {
    for (let at = 1; at < transcript.said.length; at += 1) {
      const cut = transcript.said.slice(0, at);
      const heard = hear(transcript, [cut]);
      expect(withoutIds(hear(transcript, [...cut]))).toEqual(withoutIds(heard));
      const shown = JSON.stringify(heard);
      for (const word of ['Paris', 'get_weather', 'city']) {
        const closed = new RegExp(`${word}(?!\\w)`).test(cut.slice(0, -1));
        if (closed && !cut.includes('name>')) expect(shown).toContain(word);
      }
    }
  });
});

describe('a call that streams', () => {
  it('is announced with its name, and its arguments follow in the pieces in which they came', () => {
    const wording = readWording(templates.hermes);
    const input = { kind: 'chat', messages: [], tools } as const;
    const parser = planAnswer(input, { wording, constraint: undefined }).createParser!('');
    expect(parser.push('<tool_call>\n{"name": "get_weather", "argu').toolCalls).toEqual([
      { index: 0, id: expect.stringMatching(/^call_\w{24}$/), name: 'get_weather', arguments: '' },
    ]);
    expect(parser.push('ments": {"city": "Pa').toolCalls).toEqual([{ index: 0, arguments: '{"city": "Pa' }]);
    expect(parser.push('ris"}}').toolCalls).toEqual([{ index: 0, arguments: 'ris"}' }]);
    expect(parser.push('\n</tool_call>')).toEqual({ text: '', reasoning: '', toolCalls: [] });
  });

  it('keeps with its arguments what makes them no JSON', () => {
    const heard = hear({ format: 'hermes' }, [
      '<tool_call>{"name": "now", "arguments": {"a": ?oops}}</tool_call> Done.',
    ]);
    expect(heard).toMatchObject({ text: 'Done.', calls: [{ name: 'now', arguments: '{"a": ?oops}}' }] });
  });

  it('has a mark behind it that is no text, also where the answer breaks off in it', () => {
    const said = '<tool_call>{"name": "now"}\n</tool_call';
    for (const pieces of [[said], [...said]]) {
      expect(hear({ format: 'hermes' }, pieces)).toMatchObject({ text: '', calls: [{ name: 'now', arguments: '{}' }] });
    }
  });

  it('has an id of nine characters where the template asks for one', () => {
    const { calls } = hear({ format: 'mistral-args' }, ['[TOOL_CALLS]now[ARGS]{}']);
    expect(calls[0]!.id).toMatch(/^[A-Za-z0-9]{9}$/);
  });
});

it('text waits for nothing but what may be a marker', () => {
  const wording = readWording(templates.hermes);
  const parser = planAnswer({ kind: 'chat', messages: [], tools }, { wording, constraint: undefined }).createParser!(
    '',
  );
  expect(parser.push('Hello <').text).toBe('Hello');
  expect(parser.push('b> you').text).toBe(' <b> you');
});

it('tells thinking while it goes on', () => {
  const wording = readWording(templates.hermes);
  const parser = planAnswer({ kind: 'chat', messages: [] }, { wording, constraint: undefined }).createParser!(
    '<think>\n',
  );
  expect(parser.thinking).toBe(true);
  expect(parser.push('Hm.').reasoning).toBe('Hm.');
  parser.push('</think>');
  expect(parser.thinking).toBe(false);
});

it('takes a marker for text where no tools were given', () => {
  const wording = readWording(templates.hermes);
  const parser = planAnswer({ kind: 'chat', messages: [] }, { wording, constraint: undefined }).createParser!('');
  const call = '<tool_call>{"name": "now"}</tool_call>';
  expect(parser.push(call).text + parser.end().text).toBe(call);
});
