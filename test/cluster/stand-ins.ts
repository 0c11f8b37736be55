import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { BASE_URLS } from '../../src/settings';

export interface Seen {
  readonly apiKey: string;
  readonly at: number;
}

/** A phone number of its own for each call, by which the stand-ins tell the calls apart. */
export function numberToCall(index: number): string {
  return `+1415${String(index).padStart(7, '0')}`;
}
const NUMBER_TO_CALL = /\+1415\d{7}/;
/** Which is no number to call. */
export const FROM_NUMBER = '+12025550100';

/** A server in the place of all providers, which remembers by which key each call was carried. */
export class StandIns {
  readonly #seen = new Map<string, Seen[]>();
  readonly #server = createServer((request, response) => {
    const at = performance.now();
    const apiKey = (request.headers.authorization ?? '').replace('Bearer ', '');
    void text(request).then((body) => {
      const number = NUMBER_TO_CALL.exec(body)?.[0] ?? '';
      this.#seen.set(number, [...this.of(number), { apiKey, at }]);
      const id = randomUUID();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id, call_id: id, status: 'success' }));
    });
  });

  static async start(): Promise<StandIns> {
    const standIns = new StandIns();
    standIns.#server.listen(0, '127.0.0.1');
    await once(standIns.#server, 'listening');
    return standIns;
  }

  /** The settings that lead an instance here. */
  get env(): NodeJS.ProcessEnv {
    const { port } = this.#server.address() as AddressInfo;
    return Object.fromEntries(BASE_URLS.map(({ variable }) => [variable, `http://127.0.0.1:${port}`]));
  }

  /** The requests to call a number: there is one at most, unless a call was placed twice. */
  of(number: string): readonly Seen[] {
    return this.#seen.get(number) ?? [];
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
