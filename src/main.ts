import 'reflect-metadata';
import { createApp } from './app';
import { ConfigError, readConfig } from './config';
import { closeOnSignals, loadEnvFile } from './process';
import { UnusableKeyRing } from './vault/key-ring';

async function main(): Promise<void> {
  loadEnvFile();
  const config = readConfig(process.env);
  const app = await createApp(config);
  closeOnSignals(app);
  await app.server.listen({ host: config.host, port: config.port });
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof UnusableKeyRing;
  console.error(expected ? error.message : error);
  // Connections that are still open would keep the process, which serves nothing.
  process.exit(1);
});
