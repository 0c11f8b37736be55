import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { html, Html } from './html';

const STYLE = `
:root { color-scheme: light dark; background: Canvas; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; line-height: 1.3; }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit; border: 1px solid GrayText; border-radius: .4rem; }
button { margin-top: 1.5rem; padding: .65rem 1.5rem; font: inherit; font-weight: 600; color: light-dark(#fff, #06231e); background: light-dark(#0f6b5c, #57c9b4); border: 0; border-radius: .4rem; cursor: pointer; }
.problem { margin-top: .25rem; color: light-dark(#b3261e, #ff8a80); }
.hint { color: light-dark(#57606a, #a4adb8); }
`;

/** The styles of a page, and the policy by which it loads nothing at all and runs no script. */
interface Sheet {
  readonly element: Html;
  readonly policy: string;
}

/** Makes a sheet; `directives` allow a page more. The style is hashed as it is: no space may be added. */
export function sheetOf(style: string, ...directives: readonly string[]): Sheet {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    ...directives,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return { element: new Html(`<style>${style}</style>`), policy: policy.join('; ') };
}

// A page sends its form to this origin alone.
const FORMS = sheetOf(STYLE, "form-action 'self'");

export interface Page {
  readonly title: string;
  readonly body: Html;
}

/** Sends a page in the layout that all pages without a script share. */
export function sendPage(reply: FastifyReply, status: number, page: Page, sheet = FORMS): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', sheet.policy)
    .type('text/html; charset=utf-8')
    .send(layout(page, sheet).text);
}

function layout({ title, body }: Page, { element }: Sheet): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${element}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
}
