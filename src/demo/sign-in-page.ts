import { createHash } from 'node:crypto';

/** A person as whom a visitor of the demo can sign in. */
export interface DemoPerson {
  readonly subject: string;
  readonly name: string;
  readonly description: string;
  /** By which others invite the person. */
  readonly email?: string;
}

const STYLE = `
:root { color-scheme: light dark; background: Canvas; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 30rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { margin: 0; font-size: 1.4rem; line-height: 1.3; }
p { margin: .5rem 0 1.5rem; color: light-dark(#57606a, #a4adb8); }
ul { margin: 0; padding: 0; list-style: none; }
a { display: block; margin-top: .6rem; padding: .7rem 1rem; color: inherit; text-decoration: none; border: 1px solid light-dark(#d0d7de, #3a424c); border-radius: .6rem; }
a:hover, a:focus-visible { border-color: light-dark(#0f6b5c, #4fc3ae); outline: 2px solid light-dark(#0f6b5c, #4fc3ae); }
strong { display: block; font-weight: 600; }
span { font-size: .9rem; color: light-dark(#57606a, #a4adb8); }
`;

/**
 * Makes the page on which a visitor of the demo chooses a person, and the policy under which the page is
 * shown. It loads nothing and runs no script.
 */
export function signInPage(asked: URL, people: readonly DemoPerson[]): { html: string; policy: string } {
  const style = `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return {
    policy: `default-src 'none'; ${style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to the demo</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Sign in to the demo</h1>
<p>Choose whom to be. Nobody here has a password, and nothing leaves this machine.</p>
<ul>${people.map((person) => `<li>${linkTo(asked, person)}</li>`).join('\n')}</ul>
</main>
</body>
</html>
`,
  };
}

function linkTo(asked: URL, { subject, name, description }: DemoPerson): string {
  const url = new URL(asked);
  url.searchParams.set('person', subject);
  const href = `${url.pathname}${url.search}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<a href="${href}"><strong>${name}</strong><span>${description}</span></a>`;
}
