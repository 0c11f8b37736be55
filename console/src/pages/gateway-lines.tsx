import { useState } from 'preact/hooks';
import { providerName, settings, type GatewayExample } from '../sign-in/settings';
import * as text from '../text/tokens';
import { SelectField } from '../ui/form';
import { Copy } from '../ui/parts';

type Language = keyof typeof text.gateway.languages;

interface ExampleProps {
  readonly providers: readonly string[];
  readonly scopes: readonly string[];
}

const LANGUAGES = Object.entries(text.gateway.languages);

/** The lines to paste for a provider and a language. They place a call where the token may, and else read. */
export function ExampleLines({ providers, scopes }: ExampleProps) {
  const [provider, setProvider] = useState(providers[0] ?? '');
  const [language, setLanguage] = useState('node');
  const example = settings.providers.find(({ id }) => id === provider)?.gateway;
  const verb = scopes.includes('PLACE_CALLS') ? 'place' : 'read';
  return (
    <>
      <SelectField
        label={text.common.provider}
        name="provider"
        value={provider}
        options={providers.map((each) => [each, providerName(each)])}
        onChange={setProvider}
      />
      <SelectField
        label={text.gateway.language}
        name="language"
        value={language}
        options={LANGUAGES}
        onChange={setLanguage}
      />
      {example && (
        <Copy value={linesOf(provider, example, language as Language, verb)} label={text.gateway.lines} />
      )}
      <p class="hint">{text.gateway.linesHint}</p>
    </>
  );
}

function linesOf(
  provider: string,
  example: GatewayExample,
  language: Language,
  verb: 'read' | 'place',
): string {
  const address = `${location.origin}/gateway/${provider.toLowerCase()}`;
  const client = language === 'curl' ? undefined : example.clients?.[language];
  if (client) return `${client.client}\n\n${client[verb]}`.replace('ADDRESS', address);
  const url = address + example[verb];
  const body = verb === 'place' ? JSON.stringify(example.body) : null;
  return PLAIN[language](url, example.header, body);
}

/** Without a client of the provider's own. */
const PLAIN: Record<Language, (url: string, header: string, body: string | null) => string> = {
  curl: (url, header, body) =>
    [
      `curl '${url}'`,
      `-H "${header}: Bearer $LATCHKEY_GATEWAY_TOKEN"`,
      ...(body === null ? [] : [`-H 'content-type: application/json'`, `-d '${body}'`]),
    ].join(' \\\n  '),
  node: (url, header, body) => `const response = await fetch('${url}', {
${body === null ? '' : "  method: 'POST',\n"}  headers: {
    '${header}': \`Bearer \${process.env.LATCHKEY_GATEWAY_TOKEN}\`,
${body === null ? '' : "    'content-type': 'application/json',\n"}  },
${body === null ? '' : `  body: JSON.stringify(${body}),\n`}});
console.log(response.status, await response.json());`,
  python: (url, header, body) => `import os
import requests

response = requests.${body === null ? 'get' : 'post'}(
    "${url}",
    headers={"${header}": "Bearer " + os.environ["LATCHKEY_GATEWAY_TOKEN"]},
${body === null ? '' : `    json=${body},\n`})
print(response.status_code, response.json())`,
};
