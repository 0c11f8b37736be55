import type { KMSClient } from '@aws-sdk/client-kms';
import { askKeyService, KeyServiceFailure, type KeyService, type KeyServiceEnvironment } from './key-service';

type Package = typeof import('@aws-sdk/client-kms');

// An ARN has colons and base64 has none, so that the wrapped key stands behind the last colon.
const FORM = /^(?<key>[\w:/-]+):(?<wrapped>[A-Za-z0-9+/]+={0,2})$/;
const REGION_OF_ARN = /^arn:[\w-]+:kms:([\w-]+):/;

/**
 * AWS KMS is asked with its official client, which finds the region, the credentials and the address by
 * itself. The name of the master key is the encryption context.
 */
export const awsKms: KeyService = {
  parse(text) {
    const { key, wrapped } = FORM.exec(text)?.groups ?? {};
    return key !== undefined && wrapped !== undefined ? { key, wrapped } : null;
  },

  wrap: (key, plaintext, name, environment) =>
    withClient(key, environment, async ({ EncryptCommand }, client, abortSignal) => {
      const command = new EncryptCommand({
        KeyId: key,
        Plaintext: plaintext,
        EncryptionContext: contextOf(name),
      });
      const { KeyId, CiphertextBlob } = await client.send(command, { abortSignal });
      if (!CiphertextBlob) throw new KeyServiceFailure('an answer without a ciphertext');
      // The ARN of the key itself is kept, because an alias may lead to another key one day.
      return { key: KeyId ?? key, wrapped: Buffer.from(CiphertextBlob).toString('base64') };
    }),

  unwrap: ({ key, wrapped }, name, environment) =>
    withClient(key, environment, async ({ DecryptCommand }, client, abortSignal) => {
      const command = new DecryptCommand({
        KeyId: key,
        CiphertextBlob: Buffer.from(wrapped, 'base64'),
        EncryptionContext: contextOf(name),
      });
      const { Plaintext } = await client.send(command, { abortSignal });
      if (!Plaintext) throw new KeyServiceFailure('an answer without a plaintext');
      return Buffer.from(Plaintext);
    }),
};

function contextOf(name: string): Record<string, string> {
  return { latchkey: name };
}

function withClient<T>(
  key: string,
  { KEY_SERVICE_TIMEOUT_MS }: KeyServiceEnvironment,
  use: (aws: Package, client: KMSClient, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return askKeyService(KEY_SERVICE_TIMEOUT_MS, async (signal) => {
    const aws = await load();
    // A key answers in its own region only.
    const region = REGION_OF_ARN.exec(key)?.[1];
    const client = new aws.KMSClient(region === undefined ? {} : { region });
    try {
      await client.config.region().catch(() => {
        throw new KeyServiceFailure('no region is configured (AWS_REGION)');
      });
      return await use(aws, client, signal);
    } finally {
      client.destroy();
    }
  });
}

/**
 * The package is loaded only if a line of the key ring asks for it, so that nobody else has to install it.
 */
async function load(): Promise<Package> {
  try {
    return await import('@aws-sdk/client-kms');
  } catch {
    throw new KeyServiceFailure(
      'the package @aws-sdk/client-kms is not there (npm install @aws-sdk/client-kms)',
    );
  }
}
