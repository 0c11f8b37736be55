/** What a provider could put anywhere, by a fault or with intent. */
export const LIES: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    '',
    'text',
    '12',
    '-1',
    '0x10',
    '9999999-01-01T00:00:00Z',
    '+1',
    'a\u0000b',
    '..',
  ],
  ...[-1, -0.000_001, NaN, Infinity, -Infinity, 1e21, 1e300, 5e-324, Number.MAX_SAFE_INTEGER, 9e15],
  ...[
    '1969-12-31T23:59:59Z',
    '2026-13-45T99:99:99Z',
    '2098-01-01T00:00:00Z',
    Date.UTC(2098, 0),
    'x'.repeat(100_000),
    '__proto__',
    'constructor',
  ],
  ...[[], {}, [[]], { number: { number: 1 } }, () => undefined, 10n, Symbol('x')],
];

export const pathsOf = (json: object): string[][] =>
  Object.entries(json).flatMap(([name, value]) => [
    [name],
    ...(typeof value === 'object' && value !== null
      ? pathsOf(value as object).map((path) => [name, ...path])
      : []),
  ]);

/** A list stays one. */
export function withLie(json: object, [name = '', ...rest]: readonly string[], lie: unknown): object {
  const inner = (json as Record<string, object>)[name] ?? {};
  const changed = { [name]: rest.length === 0 ? lie : withLie(inner, rest, lie) };
  return Array.isArray(json) ? Object.assign([...(json as unknown[])], changed) : { ...json, ...changed };
}
