import {
  isLoopbackHost,
  networkOf,
  parseNetwork,
  sourceAddressOf,
  type Network,
} from '../../src/http/addresses';

const networks = (...texts: string[]) => texts.map((text) => parseNetwork(text)) as Network[];
const trusted = networks('10.0.0.0/8', '127.0.0.1', 'fd00::/8');

describe('the source address of a request', () => {
  test.each([
    ['one address', '203.0.113.50', '203.0.113.50'],
    ['an address with a port, as Azure sends it', '203.0.113.50:50001', '203.0.113.50'],
    ['an IPv6 address with a port', '[2001:db8::5]:50001', '2001:db8::5'],
    ['an IPv6 address in brackets', '[2001:db8::5]', '2001:db8::5'],
    ['an IPv6 address in a longer form', '2001:0DB8:0:0::0005', '2001:db8::5'],
    ['an IPv4 address in IPv6 form', '::ffff:203.0.113.50', '203.0.113.50'],
    ['an address with a zone', 'fe80::1%eth0', 'fe80::1'],
    [
      'several addresses, of which a client may have made up the first',
      '1.2.3.4, 203.0.113.50',
      '203.0.113.50',
    ],
    ['several proxies', '203.0.113.50, 10.1.1.1:80, ::ffff:10.2.2.2', '203.0.113.50'],
    ['an address behind what is none', '203.0.113.50, unknown, 10.1.1.1', '10.1.1.1'],
    ['what is no address', 'unknown', '10.0.0.1'],
    ['an obfuscated name', '_hidden:80', '10.0.0.1'],
    ['an address that is out of range', '999.1.1.1', '10.0.0.1'],
    ['an octal address', '0313.0.0161.062', '10.0.0.1'],
    ['a port that is none', '203.0.113.50:http', '10.0.0.1'],
    ['nothing', '', '10.0.0.1'],
    ['300 characters', 'x'.repeat(300), '10.0.0.1'],
    ['an address with a zone of 300 characters', `fe80::1%${'x'.repeat(300)}`, 'fe80::1'],
  ])('is read from %s behind a trusted proxy', (_what, header, expected) => {
    expect(sourceAddressOf('10.0.0.1', header, trusted)).toBe(expected);
    expect(sourceAddressOf('::ffff:10.0.0.1', header, trusted)).toBe(expected);
  });

  test('is the connection where it does not come from a trusted proxy, or none is trusted', () => {
    expect(sourceAddressOf('198.51.100.1', '203.0.113.50', trusted)).toBe('198.51.100.1');
    expect(sourceAddressOf('10.0.0.1', '203.0.113.50', [])).toBe('10.0.0.1');
    expect(sourceAddressOf('10.0.0.1', undefined, trusted)).toBe('10.0.0.1');
    expect(sourceAddressOf(undefined, '203.0.113.50', trusted)).toBe('unknown');
  });

  test('is found behind a proxy that is trusted by its IPv4 network in IPv6 form', () => {
    expect(sourceAddressOf('10.0.0.1', '203.0.113.50', networks('::ffff:10.0.0.0/104'))).toBe('203.0.113.50');
  });
});

describe('a network', () => {
  test.each(['10.0.0.0/8', '10.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0', '::/0'])('is %s', (text) => {
    expect(parseNetwork(text)).not.toBeNull();
  });

  test.each([
    '',
    'true',
    '1',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'a.b',
    '010.0.0.1',
    'fe80::1%eth0',
  ])('is not %j', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  test('of IPv6 counts as one client by the first half of its address', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('203.0.113.50')).toBe('203.0.113.50');
  });
});

describe('a host', () => {
  test.each(['localhost', 'localhost:4000', 'LOCALHOST:80', '127.0.0.1:4000', '[::1]:4000', '[::1]'])(
    'is this machine when it is %s',
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );

  test.each([
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '127.0.0.2',
    'localhost:4000:80',
    '0.0.0.0',
    '::1',
  ])('is not %j', (host) => expect(isLoopbackHost(host)).toBe(false));

  test('is not this machine when it is missing', () => expect(isLoopbackHost(undefined)).toBe(false));
});
