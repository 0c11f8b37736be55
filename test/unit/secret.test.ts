import { format, inspect } from 'node:util';
import { ApiKeyText, KEY_MAX_LENGTH, Secret } from '../../src/vault/secret';

const DOTS = '•'.repeat(8);

function read(value: unknown): string {
  const result = new Secret(value).read();
  return result instanceof ApiKeyText ? ApiKeyText.reveal(result) : result;
}

describe('a key', () => {
  test.each([
    ['the shortest', '12345678'],
    ['the longest', 'k'.repeat(KEY_MAX_LENGTH)],
    [
      'of every printable character',
      Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join(''),
    ],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJvcmdJZCI6IjEifQ.c2lnbmF0dXJl'],
    ['a UUID', '7b1a4a0e-3c1f-4b39-9d0e-0a1b2c3d4e5f'],
    ['with two full stops in a row', 'key_abc..def'],
    ['with two asterisks in a row', 'key_abc**def'],
  ])('is taken as it is: %s', (_what, text) => {
    expect(read(text)).toBe(text);
  });

  const PASTED = [' key_12345678', 'key_12345678\n', '\t\r\n key_12345678 \u00a0', '\ufeffkey_12345678'];
  test.each(PASTED)('loses the white space round it: %j', (text) => {
    expect(read(text)).toBe('key_12345678');
  });

  test('may be as long as the limit without the white space round it', () => {
    expect(read(` ${'k'.repeat(KEY_MAX_LENGTH)}\n`)).toHaveLength(KEY_MAX_LENGTH);
  });

  test.each([
    ['REQUIRED', ''],
    ['REQUIRED', ' \t\n\u00a0'],
    ['TOO_SHORT', '1234567'],
    ['TOO_LONG', 'k'.repeat(KEY_MAX_LENGTH + 1)],
    ['TOO_LONG', '•'.repeat(100_000)],
    ['INVALID_FORMAT', 'key_1234 5678'],
    ['INVALID_FORMAT', 'key_1234\n5678'],
    ['INVISIBLE', 'key_1234\u00005678'],
    ['INVISIBLE', 'key_1234\u200b5678'],
    ['INVISIBLE', 'key_1234\u007f5678'],
    ['INVALID_FORMAT', 'schlüssel_1234'],
    ['QUOTED', '“key_12345678”'],
    ['NOT_OPENED', 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y2lwaGVydGV4dA.dGFn'],
    ['NOT_OPENED', 'header.key.iv..tag'],
    ['LOOKS_MASKED', `${DOTS}abcd`],
    ['LOOKS_MASKED', DOTS],
    ['LOOKS_MASKED', '********abcd'],
    ['LOOKS_MASKED', 'key_***************1234'],
    ['LOOKS_MASKED', '●●●●●●1234'],
    ['LOOKS_MASKED', '........1234'],
    ['LOOKS_MASKED', '***'],
  ])('is refused as %s: %j', (fault, text) => {
    expect(read(text)).toBe(fault);
  });

  const NO_TEXT: readonly [unknown][] = [
    [undefined],
    [null],
    [12345678],
    [true],
    [['key_12345678']],
    [{ toString: () => 'key_12345678' }],
  ];
  test.each(NO_TEXT)('is a string: not %p', (value) => {
    expect(read(value)).toBe('INVALID_FORMAT');
  });
});

describe('what other software shows of a key', () => {
  test.each(['…abcd', 'sk-…abcd', '■■■■■■■■abcd', '########abcd', 'sk_live_****abcd'])(
    'is not taken for a key: %s',
    (text) => {
      expect(read(text)).toBe('LOOKS_MASKED');
    },
  );

  test.each(['key_xx--0123456789', 'eyJh.eyJz.c2ln_01234', 'key-7f*1#2-xxx'])(
    'is not seen in other text: %s',
    (text) => {
      expect(read(text)).toBe(text);
    },
  );
});

describe('a mask', () => {
  test('is eight dots and the last four characters, whatever the length', () => {
    expect(new ApiKeyText('key_1234567890ab').mask).toBe(`${DOTS}90ab`);
    expect(new ApiKeyText(`${'k'.repeat(508)}last`).mask).toBe(`${DOTS}last`);
  });

  test('shows nothing of a key shorter than 16', () => {
    expect(new ApiKeyText('key_1234567890a').mask).toBe(DOTS);
    expect(new ApiKeyText('12345678').mask).toBe(DOTS);
  });

  test.each(['12345678', 'key_1234567890ab'])('is refused when it is pasted back: that of %s', (text) => {
    expect(read(new ApiKeyText(text).mask)).toBe('LOOKS_MASKED');
  });
});

const TEXT = 'canary_key_3f9d1c77_do_not_show';

const WAYS_TO_SHOW: readonly [string, (value: object) => string][] = [
  ['in a template', (value) => `shown: ${value as unknown as string}`],
  ['added to a string', (value) => 'shown: ' + (value as unknown as string)],
  ['as JSON', (value) => JSON.stringify({ value, list: [value] })],
  ['inspected', (value) => inspect({ value }, { depth: null, showHidden: true })],
  [
    'inspected past its own inspection',
    (value) => inspect(value, { depth: null, showHidden: true, customInspect: false }),
  ],
  ['formatted', (value) => format('%s %o %O %j', value, value, value, value)],
  ['spread', (value) => JSON.stringify({ ...value })],
  [
    'by its properties',
    (value) =>
      Reflect.ownKeys(value)
        .map((name) => String(Reflect.get(value, name)))
        .join(),
  ],
  ['cloned', (value) => inspect(structuredClone(value), { showHidden: true })],
  ['in an error', (value) => inspect(new Error('failed', { cause: value }))],
];

class Plain {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

describe.each(WAYS_TO_SHOW)('%s', (_how, show) => {
  test('neither a Secret nor an ApiKeyText shows its value', () => {
    expect(show(new Secret(TEXT))).not.toContain('canary');
    expect(show(new ApiKeyText(TEXT))).not.toContain('canary');
  });

  test('an ordinary object does: the test above can fail', () => {
    expect(show(new Plain(TEXT))).toContain('canary');
  });
});

test.each([new Secret(TEXT), new ApiKeyText(TEXT)])('a secret is printed as a placeholder', (value) => {
  expect([value.toString(), JSON.stringify(value), inspect(value)]).toEqual([
    '[secret]',
    '"[secret]"',
    '[secret]',
  ]);
});
