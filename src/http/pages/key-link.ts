import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PublicError } from '../../graphql/errors';
import type { KeyLinkFormService, KeyRequest, LinkOutcome } from '../../intake/key-link-form.service';
import { Secret } from '../../vault/secret';
import { callerOf, type RateLimits } from '../rate-limits';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; line-height: 1.3; }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit; border: 1px solid GrayText; border-radius: .4rem; }
button { margin-top: 1.5rem; padding: .65rem 1.5rem; font: inherit; font-weight: 600; color: #fff; background: #1a56c4; border: 0; border-radius: .4rem; cursor: pointer; }
.problem { margin-top: .25rem; color: #b3261e; }
.hint { color: GrayText; }
@media (prefers-color-scheme: dark) { .problem { color: #ff8a80; } }
`;

// The page loads nothing at all, runs no script, and sends its form to this origin alone.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface LinkRoute {
  Params: { token: string };
  /** Missing where nothing is sent. */
  Body: URLSearchParams | undefined;
}

/** The page of a one-time link: HTML without a script. What it answers to a link that opens nothing does not tell why. */
export async function serveKeyLinks(
  server: FastifyInstance,
  links: KeyLinkFormService,
  rateLimits: RateLimits,
): Promise<void> {
  // In a context of its own: no other route may take a form, which any page on the web can send.
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply));
    scope.addHook('onRequest', async (request) =>
      rateLimits.count('ONE_TIME_LINK', callerOf(null, request.ip)),
    );
    scope.get<LinkRoute>('/key/:token', async ({ params }, reply) => {
      const request = await links.look(params.token);
      return request ? send(reply, 200, formPage(request, null)) : send(reply, 404, CLOSED_PAGE);
    });
    scope.post<LinkRoute>('/key/:token', async ({ params, body, id, ip }, reply) => {
      const given = { code: body?.get('code') ?? '', apiKey: new Secret(body?.get('apiKey') ?? '') };
      const outcome = await links.handIn(params.token, given, { requestId: id, sourceAddress: ip });
      return answerOutcome(reply, outcome);
    });
  });
}

function answerOutcome(reply: FastifyReply, outcome: LinkOutcome): FastifyReply {
  if (!outcome) return send(reply, 404, CLOSED_PAGE);
  const { request, problem } = outcome;
  return problem ? send(reply, 422, formPage(request, problem)) : send(reply, 200, donePage(request));
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof PublicError) {
    const { retryAfterSeconds } = error.extensions;
    return send(
      reply.header('retry-after', String(retryAfterSeconds)),
      429,
      page('Too many attempts', `<p>Try again in ${Number(retryAfterSeconds)} seconds.</p>`),
    );
  }
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500)
    return send(
      reply,
      status,
      page('This form cannot be read', '<p>Open the link again, and fill in the form that it shows.</p>'),
    );
  request.log.error({ err: error });
  return send(
    reply,
    500,
    page(
      'Something went wrong on our side',
      `<p>Nothing was stored. Try again later. The number of this request is ${request.id}.</p>`,
    ),
  );
}

function send(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .type('text/html; charset=utf-8')
    .send(html);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

const CLOSED_PAGE = page(
  'This link does not open',
  '<p>It was used or has expired, or it is not complete. Ask whoever sent it to you for a new one.</p>',
);

function formPage(
  { agencyName, clientName, providerName, expiresAt }: KeyRequest,
  problem: NonNullable<LinkOutcome>['problem'],
): string {
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const problemOf = (field: string) =>
    problem?.field === field
      ? `<p class="problem" id="${field}-problem" role="alert">${escape(problem.message)}</p>`
      : '';
  const marks = (field: string) =>
    problem?.field === field ? ` aria-invalid="true" aria-describedby="${field}-problem" autofocus` : '';
  return page(
    `${agencyName} asks for the ${providerName} API key of ${clientName}`,
    `<p>The key is encrypted at once, checked with ${escape(providerName)}, and never shown again. This link works once, until ${until}.</p>
<form method="post" autocomplete="off">
<label for="code">Code of six digits</label>
<span class="hint">It came to you another way than this link.</span>
<input id="code" name="code" inputmode="numeric" maxlength="16" required autocomplete="one-time-code"${marks('code')}>
${problemOf('code')}
<label for="apiKey">${escape(providerName)} API key</label>
<input id="apiKey" name="apiKey" type="password" required autocomplete="off" spellcheck="false"${marks('apiKey')}>
${problemOf('apiKey')}
<button>Hand in the key</button>
</form>`,
  );
}

function donePage({ agencyName, providerName }: KeyRequest): string {
  return page(
    'Thank you',
    `<p>The key was received, and ${escape(providerName)} accepts it. ${escape(agencyName)} has been given it, sealed. You can close this page.</p>`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
