import type { FastifyReply, FastifyRequest } from 'fastify';
import { html } from './html';
import { sendPage } from './layout';

/** Whether a person has opened an address in a browser. Programs take JSON, or whatever there is. */
export function isOpenedInBrowser({ method, headers: { accept = '' } }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && /(^|,)\s*text\/html\s*(;|,|$)/i.test(accept);
}

/** Answers somebody who has opened an address at which nothing is. Nothing of the address is repeated. */
export function sendNothingHere(reply: FastifyReply): FastifyReply {
  const body = html`<p>The address is not complete, or what was there is gone.</p>
    ${ways(reply)}`;
  return sendPage(reply, 404, { title: 'There is nothing here', body });
}

/** Answers somebody who has opened the address of the API. */
export function sendForPrograms(reply: FastifyReply): FastifyReply {
  const body = html`<p>
      Programs send GraphQL to this address, by POST and as JSON. There is nothing to see for a browser.
    </p>
    ${ways(reply)}`;
  return sendPage(reply, 400, { title: 'This is the address of the API', body });
}

/** What this server has for people. */
const PLACES = [
  ['/', 'Open the console'],
  ['/playground', 'Try operations in the playground'],
] as const;

function ways({ server }: FastifyReply) {
  return PLACES.filter(([url]) => server.hasRoute({ method: 'GET', url })).map(
    ([url, words]) => html`<p><a href="${url}">${words}</a></p>`,
  );
}
