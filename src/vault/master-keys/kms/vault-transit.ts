import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readJson } from '../../../platform/read-json';
import { isSecureBaseUrl } from '../../../platform/secure-url';
import { askKeyService, KeyServiceFailure, type KeyService, type KeyServiceEnvironment } from './key-service';

const FORM = /^(?<key>[^:\s]+):(?<wrapped>vault:v\d+:[A-Za-z0-9+/]+={0,2})$/;
const KEY = /^(?<mount>[\w./-]+)\/(?<name>[\w.-]+)$/;

const encrypted = z.object({
  data: z.object({ ciphertext: z.string().regex(/^vault:v\d+:[A-Za-z0-9+/]+={0,2}$/) }),
});
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) });

/**
 * This uses the transit engine of HashiCorp Vault and OpenBao. It takes only two requests of their HTTP API,
 * which is the same in both. The name of the master key is the associated data, so the transit key must be of
 * an AEAD type, as the default one is.
 */
export const vaultTransit: KeyService = {
  parse(text) {
    const { key, wrapped } = FORM.exec(text)?.groups ?? {};
    return key !== undefined && wrapped !== undefined && KEY.test(key) ? { key, wrapped } : null;
  },

  async wrap(key, plaintext, name, environment) {
    const { data } = await post(
      environment,
      'encrypt',
      key,
      { plaintext: plaintext.toString('base64'), ...bound(name) },
      encrypted,
    );
    return { key, wrapped: data.ciphertext };
  },

  async unwrap({ key, wrapped }, name, environment) {
    const { data } = await post(
      environment,
      'decrypt',
      key,
      { ciphertext: wrapped, ...bound(name) },
      decrypted,
    );
    return Buffer.from(data.plaintext, 'base64');
  },
};

function bound(name: string): { associated_data: string } {
  return { associated_data: Buffer.from(`latchkey:${name}`).toString('base64') };
}

function post<T>(
  environment: KeyServiceEnvironment,
  action: 'encrypt' | 'decrypt',
  key: string,
  body: object,
  answer: z.ZodType<T>,
): Promise<T> {
  return askKeyService(environment.KEY_SERVICE_TIMEOUT_MS, async (signal) => {
    const { mount, name } = KEY.exec(key)?.groups ?? {};
    if (mount === undefined || name === undefined)
      throw new KeyServiceFailure('its key is not of the form mount/name');
    const url = `${addressOf(environment)}/v1/${mount}/${action}/${name}`;
    // A redirect would send the token to wherever it leads.
    const response = await fetch(url, {
      method: 'POST',
      headers: headersOf(environment),
      body: JSON.stringify(body),
      redirect: 'manual',
      signal,
    });
    if (!response.ok) throw new KeyServiceFailure(`HTTP ${response.status}`);
    const parsed = answer.safeParse(await readJson(response).catch(() => null));
    if (!parsed.success) throw new KeyServiceFailure('an answer that cannot be read');
    return parsed.data;
  });
}

function addressOf({ VAULT_ADDR }: KeyServiceEnvironment): string {
  if (VAULT_ADDR === undefined || !isSecureBaseUrl(VAULT_ADDR))
    throw new KeyServiceFailure('VAULT_ADDR must be an https address (http on this machine only)');
  return VAULT_ADDR.replace(/\/+$/, '');
}

function headersOf(environment: KeyServiceEnvironment): Record<string, string> {
  const { VAULT_NAMESPACE: namespace } = environment;
  return {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': tokenOf(environment),
    ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
  };
}

function tokenOf({ VAULT_TOKEN, VAULT_TOKEN_FILE }: KeyServiceEnvironment): string {
  const token = VAULT_TOKEN ?? (VAULT_TOKEN_FILE === undefined ? '' : readTokenFile(VAULT_TOKEN_FILE));
  if (!/^[\x21-\x7E]+$/.test(token))
    throw new KeyServiceFailure('VAULT_TOKEN or VAULT_TOKEN_FILE must give a token');
  return token;
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new KeyServiceFailure(
      `VAULT_TOKEN_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it failed'})`,
    );
  }
}
