import type { FastifyReply, FastifyRequest } from 'fastify';
import { RETRY_AFTER } from '../../api/errors';
import { isUnavailable } from '../../database/database-errors';
import { ServiceBusy } from '../../database/repetition';
import { PublicError } from '../../graphql/errors';
import type { KeyLinkFormService, KeyRequest, LinkOutcome } from '../../intake/key-link-form.service';
import { Secret } from '../../vault/secret';
import { callerOf, type RateLimits } from '../rate-limits';
import type { Route } from '../server';
import { html } from './html';
import { sendPage, type Page } from './layout';

interface LinkRoute {
  Params: { token: string };
  /** The body is undefined where nothing was sent. */
  Body: URLSearchParams | undefined;
}

/**
 * The page of a one-time link. Its answer is the same for every link that does not open, so that it does not
 * tell why.
 */
export function keyLinkPage(links: KeyLinkFormService, rateLimits: RateLimits): Route {
  return (scope) => {
    // No other route may take a form, which any page on the web can send.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply));
    scope.addHook('onRequest', async (request) => {
      if (request.measured) request.measured.operationClass = 'ONE_TIME_LINK';
      await rateLimits.count('ONE_TIME_LINK', callerOf(null, request.sourceAddress));
    });
    scope.get<LinkRoute>('/key/:token', async ({ params }, reply) => {
      const request = await links.look(params.token);
      return request ? sendPage(reply, 200, formPage(request, null)) : sendPage(reply, 404, CLOSED_PAGE);
    });
    scope.post<LinkRoute>('/key/:token', async ({ params, body, id, sourceAddress }, reply) => {
      const given = { code: body?.get('code') ?? '', apiKey: new Secret(body?.get('apiKey') ?? '') };
      const outcome = await links.handIn(params.token, given, { requestId: id, sourceAddress });
      return answerOutcome(reply, outcome);
    });
  };
}

function answerOutcome(reply: FastifyReply, outcome: LinkOutcome): FastifyReply {
  if (!outcome) return sendPage(reply, 404, CLOSED_PAGE);
  const { request, problem } = outcome;
  return problem ? sendPage(reply, 422, formPage(request, problem)) : sendPage(reply, 200, donePage(request));
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof PublicError) {
    const seconds = Number(error.extensions.retryAfterSeconds);
    return sendPage(reply.header('retry-after', String(seconds)), 429, {
      title: 'Too many attempts',
      body: html`<p>Try again in ${seconds} seconds.</p>`,
    });
  }
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500) return sendPage(reply, status, UNREADABLE_PAGE);
  request.log.error({ err: error });
  if (isUnavailable(error) || error instanceof ServiceBusy)
    return sendPage(reply.header('retry-after', RETRY_AFTER), 503, UNAVAILABLE_PAGE);
  return sendPage(reply, 500, {
    title: 'Something went wrong on our side',
    body: html`<p>Nothing was stored. Try again later. The number of this request is ${request.id}.</p>`,
  });
}

const CLOSED_PAGE: Page = {
  title: 'This link does not open',
  body: html`<p>
    It was used or has expired, or it is not complete. Ask whoever sent it to you for a new one.
  </p>`,
};

// Nothing is said of what was stored, because a connection can be lost between storing and learning of it.
const UNAVAILABLE_PAGE: Page = {
  title: 'This page is not available at the moment',
  body: html`<p>Open the link again in a minute. If it opens, fill in its form again.</p>`,
};

const UNREADABLE_PAGE: Page = {
  title: 'This form cannot be read',
  body: html`<p>Open the link again, and fill in the form that it shows.</p>`,
};

type Problem = NonNullable<LinkOutcome>['problem'];

function formPage({ agencyName, clientName, providerName, expiresAt }: KeyRequest, problem: Problem): Page {
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return {
    title: `${agencyName} asks for the ${providerName} API key of ${clientName}`,
    body: html`<p>
        The key is encrypted at once, checked with ${providerName}, and never shown again. This link works
        once, until ${until}.
      </p>
      <form method="post" autocomplete="off">
        <label for="code">Code of six digits</label>
        <span class="hint" id="code-hint">It came to you another way than this link.</span>
        <input
          id="code"
          name="code"
          inputmode="numeric"
          maxlength="16"
          required
          autocomplete="one-time-code"
          ${fieldAttributes('code', problem, 'code-hint')}
        />
        ${message('code', problem)}
        <label for="apiKey">${providerName} API key</label>
        <input
          id="apiKey"
          name="apiKey"
          type="password"
          required
          autocomplete="off"
          spellcheck="false"
          ${fieldAttributes('apiKey', problem)}
        />
        ${message('apiKey', problem)}
        <button>Hand in the key</button>
      </form>`,
  };
}

/** Returns the attributes of a field: what is said beside it, and whether it has to be put right. */
function fieldAttributes(field: string, problem: Problem, ...hints: readonly string[]) {
  const isWrong = problem?.field === field;
  const saidBeside = [...hints, ...(isWrong ? [`${field}-problem`] : [])];
  return html`${saidBeside.length > 0 ? html`aria-describedby="${saidBeside.join(' ')}"` : null}
  ${isWrong ? html`aria-invalid="true" autofocus` : null}`;
}

function message(field: string, problem: Problem) {
  return problem?.field === field
    ? html`<p class="problem" id="${field}-problem" role="alert">${problem.message}</p>`
    : null;
}

function donePage({ agencyName, providerName }: KeyRequest): Page {
  return {
    title: 'Thank you',
    body: html`<p>
      The key was received, and ${providerName} accepts it. ${agencyName} has been given it, sealed. You can
      close this page.
    </p>`,
  };
}
