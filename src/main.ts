import 'reflect-metadata';
import { createApp } from './app';
import { ConfigError, readConfig } from './config';
import { closeOnSignals, loadEnvFile } from './process';
import { WrongMasterKey } from './vault/master-key-check';

async function main(): Promise<void> {
  loadEnvFile();
  const config = readConfig(process.env);
  const app = await createApp(config);
  closeOnSignals(app);
  await app.server.listen({ host: config.host, port: config.port });
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof WrongMasterKey;
  console.error(expected ? error.message : error);
  process.exitCode = 1;
});
