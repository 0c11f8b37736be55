import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isNativeError } from 'node:util/types';
import { parseRetryAfter } from '../vault/outbound';
import type { DeliveryFault } from './delivery.entity';
import { checkedAddresses, receiverUrl, type Resolve } from './receiver-address';

/** The time for a whole attempt, from the look-up of the name on. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** No more of an answer is read, and nothing of it is kept but its status. */
const MAX_READ_BYTES = 4 * 1024;

/** What is sent, signed already. */
export interface SignedMessage {
  readonly id: string;
  /** In seconds. */
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
}

/** What became of an attempt. `fault` is null for a message that was taken. */
export interface Attempted {
  readonly fault: DeliveryFault | null;
  readonly httpStatus: number | null;
  /** For how long the receiver asks not to be sent anything. */
  readonly retryAfterMs: number;
}

/**
 * Sends messages to receivers whose addresses others have chosen: to no address but one of the internet that
 * was checked before, without a proxy, without following a redirect, and once.
 */
export class Sender {
  constructor(
    private readonly resolve: Resolve,
    private readonly allowsLoopback: boolean,
    private readonly timeoutMs = ATTEMPT_TIMEOUT_MS,
  ) {}

  /** It never rejects. Nothing of an error leaves it, because it may name the address. */
  async send(address: string, message: SignedMessage): Promise<Attempted> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const url = receiverUrl(address, this.allowsLoopback);
      if (typeof url === 'string') return failed('ADDRESS_REFUSED');
      const addresses = await checkedAddresses(url, this.allowsLoopback, this.resolve, signal);
      if (signal.aborted) return failed('TIMEOUT');
      if (typeof addresses === 'string') return failed(addresses);
      return judged(await post(url, addresses, message, signal));
    } catch (error) {
      return failed(signal.aborted ? 'TIMEOUT' : faultOf(error));
    }
  }
}

function failed(fault: DeliveryFault): Attempted {
  return { fault, httpStatus: null, retryAfterMs: 0 };
}

function judged({ statusCode: httpStatus = 0, headers }: IncomingMessage): Attempted {
  const isTaken = httpStatus >= 200 && httpStatus < 300;
  const retryAfterMs = isTaken ? 0 : 1000 * (parseRetryAfter(headers['retry-after']) ?? 0);
  return { fault: isTaken ? null : 'STATUS', httpStatus, retryAfterMs };
}

function post(
  url: URL,
  addresses: readonly string[],
  { id, timestamp, signature, body }: SignedMessage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'latchkey',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    },
    // An agent of its own would keep connections, and the one of the process may have a proxy.
    agent: false,
    lookup: lookupOf(addresses),
    signal,
  };
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | null = null;
    request(url, options)
      .on('error', (error) => (answer ? resolve(answer) : reject(error)))
      .once('response', (response) => {
        answer = response;
        readSome(response, () => resolve(response));
      })
      // Node tells of nothing else where a receiver goes on by another protocol.
      .once('close', () => answer ?? reject(new Error('There is no answer')))
      .end(body);
  });
}

/** Gives a connection the addresses that were checked, and no others. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all: wantsAll }, done) => {
    const [first = { address: '', family: 4 }] = all;
    if (wantsAll) done(null, all);
    else done(null, first.address, first.family);
  };
}

/** The status counts, whatever becomes of the rest of the answer. */
function readSome(response: IncomingMessage, done: () => void): void {
  let read = 0;
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > MAX_READ_BYTES) response.destroy();
  });
  response.on('error', () => undefined);
  response.once('close', done);
}

/** They come from the handshake, in which a receiver proves that the name is its own. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/;

function faultOf(error: unknown): DeliveryFault {
  const { code = '' } = isNativeError(error) ? (error as NodeJS.ErrnoException) : {};
  return CERTIFICATE.test(code) ? 'CERTIFICATE' : 'UNREACHABLE';
}
