import { once } from 'node:events';
import { request as sendRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CallRow } from '../../src/calls/call.entity';
import { MAX_STREAMS_OF_CALLER } from '../../src/http/recordings';
import { SECURITY_HEADERS } from '../../src/http/security-headers';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';
import { json, Loopback, silence, text, upgrade } from '../providers/loopback';

const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];
const MEGABYTE = 1024 * 1024;
const AUDIO = { 'content-type': 'audio/wav' };

let running: TestApp;
const calls = {} as Record<Name, CallRow>;
beforeAll(async () => {
  running = await startTestApp();
  for (const name of NAMES) calls[name] = await held(name);
});
afterAll(() => running.close());
const instances: TestApp[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.close()));
  await Loopback.closeAll();
});

async function held(name: Name): Promise<CallRow> {
  const input = { agentId: AGENTS[name], toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  const { id } = startTestCall.call;
  const { database } = running.app;
  await database.write((tx) =>
    tx.updateRow('calls', { status: 'COMPLETED', durationMs: 1, askAt: null }, { id }),
  );
  const call = await database.read.findOneByOrFail(CallRow, { id });
  const there = running.sandbox[name].calls.byId(call.providerCallId ?? '');
  there?.answer();
  there?.end();
  return call;
}

const pathOf = ({ id }: CallRow) => `/calls/${id}/recording`;

interface Asking {
  readonly token?: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
}

/** Asks for a recording, and returns the answer as it comes in. */
async function get(path: string, asking: Asking = {}): Promise<IncomingMessage> {
  const { token = running.tokens.agencyAdmin, method = 'GET', headers = {}, url = running.url } = asking;
  const request = sendRequest(`${url}${path}`, {
    method,
    agent: false,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end();
  const [answer] = await answered;
  return answer;
}

const codeIn = async (answer: IncomingMessage) =>
  (JSON.parse((await buffer(answer)).toString()) as { errors: [{ extensions: { code: string } }] }).errors[0]
    .extensions.code;

/** An instance whose Retell shows this address for the recording, and answers it in this way. */
async function withRecording(answer: RequestListener, addressOf = (own: string) => `${own}/file.wav`) {
  const provider = await Loopback.start((incoming, outgoing) => {
    const isCall = incoming.url?.startsWith('/v2/get-call/');
    const call = { call_id: calls.retell.providerCallId, recording_url: addressOf(provider.baseUrl) };
    (isCall ? json(200, call) : answer)(incoming, outgoing);
  });
  const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl, PROVIDER_TIMEOUT_MS: '500' });
  instances.push(instance);
  const ask = (more: Asking = {}) => get(pathOf(calls.retell), { ...more, url: instance.url });
  return { provider, instance, ask, files: () => provider.seen.filter(({ url }) => url === '/file.wav') };
}

describe.each(NAMES)('the recording of a call at %s', (name) => {
  const hashes = () =>
    running.sandbox[name].requests.slice(-2).map(({ authorization }) => authorization && 'with the key');

  test('is handed on as it is, with no headers but its own and ours', async () => {
    const answer = await get(pathOf(calls[name]));
    const file = await buffer(answer);
    expect([answer.statusCode, file.subarray(0, 4).toString(), file.length]).toEqual([200, 'RIFF', 16_044]);
    expect(answer.headers).toMatchObject({
      ...SECURITY_HEADERS,
      'content-type': 'audio/wav',
      'content-length': '16044',
      'content-disposition': 'attachment',
      'accept-ranges': 'bytes',
    });
    // Only the request for the file that needs the key has it.
    expect(hashes()).toEqual(['with the key', name === 'bland' ? 'with the key' : null]);
  });

  test('is handed on in parts', async () => {
    const whole = await buffer(await get(pathOf(calls[name])));
    for (const [range, status, content, bytes] of [
      ['bytes=0-3', 206, 'bytes 0-3/16044', whole.subarray(0, 4)],
      ['bytes=16000-', 206, 'bytes 16000-16043/16044', whole.subarray(16_000)],
      ['bytes=-10', 206, 'bytes 16034-16043/16044', whole.subarray(16_034)],
      ['bytes=20000-', 416, 'bytes */16044', Buffer.alloc(0)],
      ['bytes=0-1,5-6', 200, undefined, whole],
      ['items=0-1', 200, undefined, whole],
    ] as const) {
      const answer = await get(pathOf(calls[name]), { headers: { range } });
      expect([range, answer.statusCode, answer.headers['content-range']]).toEqual([range, status, content]);
      expect(bytes.equals(await buffer(answer))).toBe(true);
    }
  });

  test('is described without being sent', async () => {
    const answer = await get(pathOf(calls[name]), { method: 'HEAD' });
    expect([answer.statusCode, answer.headers['content-length'], answer.headers['content-type']]).toEqual([
      200,
      '16044',
      'audio/wav',
    ]);
    expect(await buffer(answer)).toHaveLength(0);
  });
});

describe('a recording', () => {
  const path = () => pathOf(calls.retell);

  test('is for those who may see the details of the call, and others ask no provider', async () => {
    const { tokens, sandbox } = running;
    expect((await get(path(), { token: tokens.agencyMember })).statusCode).toBe(200);
    expect((await get(path(), { token: tokens.portalUser })).statusCode).toBe(200);
    const before = sandbox.retell.requests.length;
    const stranger = await get(path(), { token: null });
    expect([stranger.statusCode, await codeIn(stranger)]).toEqual([401, 'UNAUTHENTICATED']);
    const [other, none] = [
      await get(path(), { token: tokens.otherAgencyAdmin }),
      await get('/calls/01900000-0000-7000-8000-00000000dead/recording'),
    ];
    expect([other.statusCode, none.statusCode]).toEqual([404, 404]);
    expect(await buffer(other)).toEqual(await buffer(none));
    const { database } = running.app;
    const { id } = calls.retell;
    await database.write((tx) => tx.updateRow('calls', { clientId: MAPLE }, { id }));
    expect((await get(path(), { token: tokens.portalUser })).statusCode).toBe(404);
    await database.write((tx) => tx.updateRow('calls', { clientId: HARBOR }, { id }));
    await database.write((tx) =>
      tx.run("UPDATE people SET permissions = 'VIEW_CALLS' WHERE clientId = ?", [HARBOR]),
    );
    const refused = await get(path(), { token: tokens.portalUser });
    expect([refused.statusCode, await codeIn(refused)]).toEqual([403, 'FORBIDDEN']);
    expect(sandbox.retell.requests).toHaveLength(before);
  });

  test('is a 404 where there is none: before the end, and where the provider has no file', async () => {
    const { database } = running.app;
    const { id } = calls.bland;
    await database.write((tx) => tx.updateRow('calls', { status: 'IN_PROGRESS' }, { id }));
    expect((await get(pathOf(calls.bland))).statusCode).toBe(404);
    await database.write((tx) => tx.updateRow('calls', { status: 'COMPLETED' }, { id }));
    const gone = await withRecording(json(404, {}));
    expect((await gone.ask()).statusCode).toBe(404);
    const none = await withRecording(json(200, {}), () => '');
    expect((await none.ask()).statusCode).toBe(404);
  });

  test.each([
    ['a page', text(200, '<script>alert(1)</script>', { 'content-type': 'text/html' })],
    ['a page that calls itself audio', text(200, '<a/>', { 'content-type': 'audio/svg+xml' })],
    ['a file of no type', text(200, 'RIFF')],
    ['a file that is packed', text(200, 'RIFF', { ...AUDIO, 'content-encoding': 'gzip' })],
    ['a part of what was asked for', text(206, 'RIFF', { ...AUDIO, 'content-range': 'bytes 0-3/100' })],
    ['the refusal of a part that nobody asked for', text(416, '', { 'content-range': 'bytes */100' })],
    ['a refusal', json(403, { message: 'expired' })],
    ['a fault', json(500, {})],
    ['silence', silence],
    ['a connection that is dropped', (incoming: IncomingMessage) => void incoming.socket.destroy()],
  ] as const)('is a 502 after %s', async (_what, answer: RequestListener) => {
    const { ask } = await withRecording(answer);
    const refused = await ask();
    expect([refused.statusCode, await codeIn(refused)]).toEqual([502, 'PROVIDER_UNAVAILABLE']);
  });

  test('whose store tells no type is audio by the name of its file', async () => {
    const { ask } = await withRecording(text(200, 'RIFF', { 'content-type': 'binary/octet-stream' }));
    expect((await ask()).headers['content-type']).toBe('audio/wav');
  });

  test('brings no other headers of the provider with it, and no key goes to where it is', async () => {
    const odd = {
      ...AUDIO,
      'set-cookie': 'a=b',
      'x-echo': 'c',
      etag: '"x',
      'content-range': 'evil',
      server: 'd',
    };
    const { ask, files } = await withRecording(text(206, 'RIFF', odd));
    const { headers } = await ask({ headers: { range: 'bytes=0-3', cookie: 'mine', 'if-range': '"tag"' } });
    for (const name of ['set-cookie', 'x-echo', 'etag', 'content-range', 'server'])
      expect(headers[name]).toBeUndefined();
    expect(files().map(({ headers: sent }) => Object.keys(sent).sort())).toEqual([
      ['accept', 'accept-encoding', 'connection', 'host', 'if-range', 'range', 'user-agent'],
    ]);
  });

  test.each([
    ['another server of this machine', (_own: string, other: string) => `${other}/file.wav`],
    ['this machine, by its name', () => 'https://localhost/file.wav'],
    ['this machine, by a number', () => 'https://2130706433/file.wav'],
    ['this machine, in IPv6', () => 'https://[::ffff:127.0.0.1]/file.wav'],
    ['the service of a cloud', () => 'https://169.254.169.254/file.wav'],
    ['a private network', () => 'https://10.0.0.1/file.wav'],
    ['an address without encryption', () => 'http://files.example/file.wav'],
    ['another port', () => 'https://files.example:8443/file.wav'],
    ['a file', () => 'file:///etc/passwd'],
    ['nothing that is an address', () => '//'],
  ])('is not fetched from %s', async (_what, addressOf) => {
    const other = await Loopback.start(text(200, 'RIFF', AUDIO));
    const { ask } = await withRecording(text(200, 'RIFF', AUDIO), (own) => addressOf(own, other.baseUrl));
    const refused = await ask();
    expect([refused.statusCode, await codeIn(refused)]).toEqual([502, 'PROVIDER_UNAVAILABLE']);
    expect(other.seen).toEqual([]);
  });

  test('is not fetched from where a link leads on to', async () => {
    const other = await Loopback.start(text(200, 'RIFF', AUDIO));
    const { ask } = await withRecording(text(302, '', { location: `${other.baseUrl}/file.wav` }));
    expect((await ask()).statusCode).toBe(502);
    expect(other.seen).toEqual([]);
  });

  test('is not there where a provider goes on by another protocol, and nobody waits for it', async () => {
    const { ask } = await withRecording(upgrade);
    expect((await ask()).statusCode).toBe(502);
  });

  test('that a provider answers with a link is fetched from there without the key, if it may be', async () => {
    const other = await Loopback.start(text(200, 'RIFF', AUDIO));
    let location = '/store/1.wav';
    const call = { id: calls.vapi.providerCallId, artifact: { recordingUrl: 'https://files.example/1.wav' } };
    const provider = await Loopback.start((incoming, outgoing) => {
      if (incoming.url?.endsWith('/mono-recording')) text(302, '', { location })(incoming, outgoing);
      else (incoming.url === '/store/1.wav' ? text(200, 'RIFF', AUDIO) : json(200, call))(incoming, outgoing);
    });
    const instance = await running.another({ VAPI_BASE_URL: provider.baseUrl });
    instances.push(instance);
    const answer = await get(pathOf(calls.vapi), { url: instance.url });
    expect([answer.statusCode, (await buffer(answer)).toString()]).toEqual([200, 'RIFF']);
    expect(provider.seen.map(({ url, headers }) => [url, headers.authorization !== undefined])).toEqual([
      [`/call/${calls.vapi.providerCallId}`, true],
      [`/call/${calls.vapi.providerCallId}/mono-recording`, true],
      ['/store/1.wav', false],
    ]);
    location = `${other.baseUrl}/1.wav`;
    expect((await get(pathOf(calls.vapi), { url: instance.url })).statusCode).toBe(502);
    expect(other.seen).toEqual([]);
  });
});

describe('a long recording', () => {
  /** Pours bytes as fast as they are taken, and tells how many went out. */
  function pouring(most: number) {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    let close: (value: unknown) => void = () => undefined;
    const state = { sent: 0, closed: new Promise((resolve) => (close = resolve)) };
    const answer: RequestListener = (_incoming, outgoing) => {
      outgoing.writeHead(200, AUDIO).once('close', close);
      const pour = () => {
        while (state.sent < most && !outgoing.destroyed) {
          state.sent += chunk.length;
          if (!outgoing.write(chunk)) return void outgoing.once('drain', pour);
        }
        outgoing.end();
      };
      pour();
    };
    return { state, answer };
  }
  test('passes through without being held, however long it is', async () => {
    const { answer } = pouring(300 * MEGABYTE);
    const { ask } = await withRecording(answer);
    const before = process.memoryUsage().rss;
    let [bytes, most] = [0, 0];
    for await (const chunk of (await ask()) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      most = Math.max(most, process.memoryUsage.rss() - before);
    }
    expect(bytes).toBe(300 * MEGABYTE);
    expect(most).toBeLessThan(150 * MEGABYTE);
  });

  test('is not received faster than it is listened to', async () => {
    const { state, answer } = pouring(100 * MEGABYTE);
    const { ask } = await withRecording(answer);
    let [bytes, most] = [0, 0];
    for await (const chunk of (await ask()) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
      most = Math.max(most, state.sent - bytes);
    }
    expect(bytes).toBe(100 * MEGABYTE);
    // What the operating system holds on both ways is all that is under way.
    expect(most).toBeLessThan(30 * MEGABYTE);
  });

  test('ends at the provider when nobody listens any more', async () => {
    const { state, answer } = pouring(300 * MEGABYTE);
    const { ask } = await withRecording(answer);
    const listener = await ask();
    await once(listener, 'data');
    listener.destroy();
    await state.closed;
    expect(state.sent).toBeLessThan(100 * MEGABYTE);
  });

  test('that breaks off is not taken for a whole one', async () => {
    const { ask } = await withRecording((incoming, outgoing) => {
      outgoing.writeHead(200, { ...AUDIO, 'content-length': '1000' });
      outgoing.write('RIFF', () => incoming.socket.destroy());
    });
    await expect(buffer(await ask())).rejects.toThrow('aborted');
  });

  test('does not keep an instance from ending', async () => {
    const { answer } = pouring(300 * MEGABYTE);
    const { ask, instance } = await withRecording(answer);
    const listener = await ask();
    instances.splice(0);
    await instance.close();
    await expect(buffer(listener)).rejects.toThrow('aborted');
  });

  test('is one of ten that one caller listens to at once', async () => {
    const { answer } = pouring(300 * MEGABYTE);
    const { ask } = await withRecording(answer);
    const listeners: IncomingMessage[] = [];
    for (let count = 0; count < MAX_STREAMS_OF_CALLER; count += 1) listeners.push((await ask()).pause());
    const refused = await ask();
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '10']);
    expect((await ask({ token: running.tokens.agencyMember })).destroy().statusCode).toBe(200);
    for (const listener of listeners) listener.destroy();
  });
});
