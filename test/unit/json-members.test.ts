import { withMember } from '../../src/gateway/json-members';

describe('a member that is added to JSON', () => {
  test.each([
    ['{}', '{"a":{"b":{"x":"1"}}}'],
    ['{ "c" : 1e400 }', '{"a":{"b":{"x":"1"}}, "c" : 1e400 }'],
    [' {"a":{"b":{}}} ', ' {"a":{"b":{"x":"1"}}} '],
    [
      '{"a":{"b":{"y":[{"b":"}"}],"z":12345678901234567890}}}',
      '{"a":{"b":{"x":"1","y":[{"b":"}"}],"z":12345678901234567890}}}',
    ],
    ['{"q":"\\"a\\":{","a":{"b":null,"c":[1,2]}}', '{"q":"\\"a\\":{","a":{"b":{"x":"1"},"c":[1,2]}}'],
    ['{"a" :null}', '{"a" :{"b":{"x":"1"}}}'],
    ['{"\\u0061":{"d":true}}', '{"\\u0061":{"b":{"x":"1"},"d":true}}'],
  ])('leaves all else as it is: %s', (text, expected) => {
    expect(withMember(text, ['a', 'b'], 'x', '1')).toBe(expected);
  });

  test.each(['[]', '"a"', '{"a":1}', '{"a":{"b":[]}}', '{"a":{"b":{"x":1}}}', '{"a":{},"\\u0061":{}}'])(
    'is not added where others could read it in another way: %s',
    (text) => {
      expect(() => withMember(text, ['a', 'b'], 'x', '1')).toThrow('');
    },
  );
});
