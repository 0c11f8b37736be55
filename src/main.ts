import 'reflect-metadata';
import { createApp, listen, ownAddress } from './app';
import { ConfigError, readConfig } from './config';
import { loadEnvFile } from './platform/env-file';
import { endOnSignals, outliveLostOutput } from './platform/process';
import { UnusableKeyRing } from './vault/master-keys/key-ring';

async function main(): Promise<void> {
  outliveLostOutput();
  const closeOnSignals = endOnSignals();
  loadEnvFile();
  const config = readConfig(process.env);
  const app = await createApp(config);
  closeOnSignals(app);
  await listen(app, config);
  if (config.publicUrl === null) {
    app.server.log.warn(
      `PUBLIC_URL is not given: one-time links lead to ${ownAddress(app.server, config)}, which is this machine`,
    );
  }
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof UnusableKeyRing;
  console.error(expected ? error.message : error);
  // The process serves nothing, but connections that are still open would keep it from ending.
  process.exit(1);
});
