import { Socket } from 'node:net';
import { dnsResolver } from '../../src/deliveries/receiver-address';
import { Sender, type SignedMessage } from '../../src/deliveries/sender';
import { startNameServer, type NameServer } from '../fixtures/dns';
import { startReceiver, status, type Receiver } from '../fixtures/receiver';

const PUBLIC = '93.184.215.14';
const PUBLIC_V6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';
const MESSAGE: SignedMessage = { id: 'msg_1', timestamp: 1, signature: 'v1,x', body: '{}' };

/** What the names of the test lead to: in this order, and the last one from then on. */
const NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'public.test': [[PUBLIC]],
  'both.test': [[PUBLIC, PUBLIC_V6]],
  'loopback.test': [['127.0.0.1']],
  'loopback6.test': [['::1']],
  'any.test': [['0.0.0.0']],
  'private.test': [['10.0.0.1']],
  'metadata.test': [['169.254.169.254']],
  'mapped.test': [['::ffff:169.254.169.254']],
  'nat64.test': [['64:ff9b::a9fe:a9fe']],
  'compatible.test': [['::127.0.0.1']],
  'mixed.test': [[PUBLIC, '127.0.0.1']],
  'mixed6.test': [[PUBLIC, 'fd00::1']],
  'metadata.mixed.test': [['192.168.1.1', PUBLIC]],
  'rebinding.test': [[PUBLIC], ['127.0.0.1']],
  'nothing.test': [[]],
};

let names: NameServer;
let receiver: Receiver;
let questions: Record<string, number>;
beforeAll(async () => {
  names = await startNameServer((name, family) => {
    if (name === 'silent.test') return 'SILENCE';
    const answers = NAMES[name] ?? [[]];
    const question = (questions[`${name} ${family}`] = (questions[`${name} ${family}`] ?? 0) + 1);
    const addresses = answers[Math.min(question, answers.length) - 1] ?? [];
    return addresses.filter((address) => address.includes(':') === (family === 6));
  });
  receiver = await startReceiver();
});
afterAll(async () => {
  names.close();
  await receiver.close();
});

interface Target {
  readonly host?: string;
  readonly lookup?: (
    name: string,
    options: { all: true },
    done: (error: null, found: { address: string }[]) => void,
  ) => void;
}

/** Every connection that was to be made. None to another host than this one is. */
let connected: Target[];
beforeEach(() => {
  questions = {};
  connected = [];
  receiver.received.length = 0;
  const connect = Reflect.get(Socket.prototype, 'connect') as (...args: unknown[]) => Socket;
  jest.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [given] = args.flat(2) as [Target];
    connected.push(given);
    if (given.host === '127.0.0.1') return Reflect.apply(connect, this, args);
    process.nextTick(() => this.destroy(Object.assign(new Error('No network'), { code: 'ENETUNREACH' })));
    return this;
  });
});
afterEach(() => jest.restoreAllMocks());

const senderOf = (allowsLoopback: boolean, timeoutMs?: number) =>
  new Sender(dnsResolver([names.server]), allowsLoopback, timeoutMs);
const send = (url: string, allowsLoopback = false) => senderOf(allowsLoopback).send(url, MESSAGE);

const LITERALS = [
  // Ways to write 127.0.0.1.
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '0177.0.0.1'],
  ...['017700000001', '0177.1', '127.0.0.1.', '127.0.0.0x1', '①②⑦.0.0.1', '127。0。0。1', '１２７.0.0.1'],
  ...['%31%32%37.0.0.1', '127.255.255.254', '127.000.000.001', '0x7F000001'],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]'],
  ...[
    '[::7f00:1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
  ],
  ...[
    '[2002:7f00:1::]',
    '[2002:7f00:0001::1]',
    '[2001:0:7f00:1::]',
    '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
  ],
  // The host of no address, private and shared networks.
  ...['0.0.0.0', '0', '0x0', '[::]', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255'],
  ...['192.168.0.1', '3232235521', '0xc0a80001', '100.64.0.1', '[fd00::1]', '[fc00::1]', '[fec0::1]'],
  ...['[::ffff:10.0.0.1]', '[::ffff:c0a8:1]', '[64:ff9b::a00:1]', '[2002:c0a8:1::]'],
  // Of the link: there are the services that tell machines of a cloud their credentials.
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '[fe80::1]'],
  ...['[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]', '[fd00:ec2::254]'],
  // Multicast, broadcast, documentation, benchmarks, reserved and other special purposes.
  ...[
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
  ],
  ...['198.18.0.1', '192.0.0.8', '192.88.99.1', '[ff02::1]', '[2001:db8::1]', '[3fff::1]', '[2001:2::1]'],
  ...['[100::1]', '[100:0:0:1::1]', '[5f00::1]', '[2001:20::1]', '[4000::1]', '[e000::1]'],
].map((host) => `https://${host}/`);

const OTHERWISE = [
  // Other schemes, ports and parts.
  ...['http://public.test/', 'ftp://public.test/', 'file:///etc/passwd', 'gopher://public.test/', 'data:,x'],
  ...['javascript:1', 'unix:/run/docker.sock', '//public.test/', 'public.test', '', 'https://', 'https:///'],
  ...[
    'https://public.test:22/',
    'https://public.test:25/',
    'https://public.test:8080/',
    'https://public.test:80/',
  ],
  ...['https://user@public.test/', 'https://user:password@public.test/', 'https://:password@public.test/'],
  ...[
    'https://public.test@127.0.0.1/',
    'https://127.0.0.1\\@public.test/',
    'https://127.0.0.1#@public.test/',
  ],
  ...[
    'https://public.test/#',
    'https://[fe80::1%25eth0]/',
    'https://[::1',
    'https://public.test:443@127.0.0.1/',
  ],
  `https://public.test/${'x'.repeat(1_024)}`,
];

const BY_NAME = [
  ...['localhost', 'localhost.', 'LOCALHOST', 'any.localhost'],
  ...Object.keys(NAMES).filter((name) => !['public.test', 'both.test', 'rebinding.test'].includes(name)),
].map((name) => `https://${name}/`);

test('the attacks are many', () => {
  expect(new Set([...LITERALS, ...OTHERWISE, ...BY_NAME]).size).toBeGreaterThan(120);
});

describe('no connection is made for', () => {
  test.each(LITERALS)('the address %s', async (url) => {
    expect(await send(url)).toMatchObject({ fault: 'ADDRESS_REFUSED' });
    expect(connected).toEqual([]);
  });

  test.each(OTHERWISE)('what may not be the URL of a receiver: %s', async (url) => {
    expect(await send(url)).toMatchObject({ fault: 'ADDRESS_REFUSED' });
    expect(connected).toEqual([]);
  });

  test.each(BY_NAME)('the name of %s', async (url) => {
    const { fault } = await send(url);
    expect(['ADDRESS_REFUSED', 'NAME_NOT_RESOLVED']).toContain(fault);
    expect(connected).toEqual([]);
  });

  test.each(LITERALS)(
    'the address %s, where this machine may be a receiver, unless it is this machine',
    async (url) => {
      const { hostname } = new URL(url);
      if (['127.0.0.1', '[::1]'].includes(hostname)) return;
      expect(await send(url, true)).toMatchObject({ fault: 'ADDRESS_REFUSED' });
      expect(connected).toEqual([]);
    },
  );
});

/** The addresses that a connection was given. */
const addressesOf = ({ lookup }: Target) => {
  const found: string[] = [];
  lookup?.('', { all: true }, (_error, all) => found.push(...all.map(({ address }) => address)));
  return found;
};

test('a name is looked up once, and connected to at the addresses that were checked', async () => {
  expect(await send('https://both.test:8443/')).toMatchObject({ fault: 'UNREACHABLE' });
  expect(connected.map(addressesOf)).toEqual([[PUBLIC, PUBLIC_V6]]);
  expect(questions).toEqual({ 'both.test 4': 1, 'both.test 6': 1 });
});

test('a name that leads to this machine after it was checked is connected to where it was checked', async () => {
  expect(await send('https://rebinding.test/')).toMatchObject({ fault: 'UNREACHABLE' });
  expect(connected.map(addressesOf)).toEqual([[PUBLIC]]);
  expect(await send('https://rebinding.test/')).toMatchObject({ fault: 'ADDRESS_REFUSED' });
  expect(connected).toHaveLength(1);
});

test('the control connects: a public address, and this machine where it may be a receiver', async () => {
  await send(`https://${PUBLIC}/`);
  await send(`https://[${PUBLIC_V6}]/`);
  expect(connected.map(({ host }) => host)).toEqual([PUBLIC, PUBLIC_V6]);
  expect(await send(receiver.url, true)).toEqual({ fault: null, httpStatus: 204, retryAfterMs: 0 });
  expect(await send(receiver.url)).toMatchObject({ fault: 'ADDRESS_REFUSED' });
  expect(receiver.received).toHaveLength(1);
});

test('a name server that does not answer takes no longer than an attempt may', async () => {
  const sender = senderOf(false, 300);
  expect(await sender.send('https://silent.test/', MESSAGE)).toMatchObject({ fault: 'TIMEOUT' });
  expect(connected).toEqual([]);
});

describe('of an answer', () => {
  test('a redirect is not followed', async () => {
    receiver.answer = status(307, { location: receiver.url });
    expect(await send(receiver.url, true)).toMatchObject({ fault: 'STATUS', httpStatus: 307 });
    expect(receiver.received).toHaveLength(1);
  });

  test('no more than a few kilobytes are read, and the status counts', async () => {
    let written = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    expect(await send(receiver.url, true)).toMatchObject({ fault: null, httpStatus: 200 });
    // What the operating system holds in between was sent as well.
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  test('the status counts where the rest never comes', async () => {
    receiver.answer = (response) => void response.writeHead(200).write('x');
    expect(await senderOf(true, 300).send(receiver.url, MESSAGE)).toMatchObject({
      fault: null,
      httpStatus: 200,
    });
  });

  test.each([
    ['120', 120_000],
    ['999999999', 86_400_000],
    ['-5', 0],
    ['soon', 0],
  ])('`Retry-After: %s` asks for %d milliseconds', async (header, retryAfterMs) => {
    receiver.answer = status(503, { 'retry-after': header });
    expect(await send(receiver.url, true)).toEqual({ fault: 'STATUS', httpStatus: 503, retryAfterMs });
  });

  test('a receiver that never answers, or breaks off, has not taken the message', async () => {
    receiver.answer = () => undefined;
    expect(await senderOf(true, 200).send(receiver.url, MESSAGE)).toMatchObject({ fault: 'TIMEOUT' });
    receiver.answer = (response) => void response.destroy();
    expect(await send(receiver.url, true)).toMatchObject({ fault: 'UNREACHABLE' });
  });

  test('a receiver that goes on by another protocol has not taken the message', async () => {
    receiver.answer = (response) =>
      response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).flushHeaders();
    expect(await senderOf(true, 200).send(receiver.url, MESSAGE)).toMatchObject({ fault: 'UNREACHABLE' });
  });
});
