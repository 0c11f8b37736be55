import { IsNull, Not } from 'typeorm';
import { migrations } from '../migrations';
import { createIdentityVerifier } from './access/identity';
import { carriesServiceToken, ServiceTokenService } from './access/service-token.service';
import { viewerOf } from './access/viewer';
import { AgencyService } from './agencies/agency.service';
import { AgentService } from './agents/agent.service';
import { guard } from './api/access';
import type { PlaygroundTokens } from './api/playground';
import { buildBareSchema, type Services } from './api/schema';
import { createServer, type Server } from './api/server';
import { CallService } from './calls/call.service';
import { ClientService } from './clients/client.service';
import type { Config } from './config';
import { entities } from './entities';
import { ApiKeyVersionRow } from './keys/api-key.entity';
import { ApiKeyService } from './keys/api-key.service';
import { KeyCheckService } from './keys/key-check.service';
import { KeyResolverService } from './keys/key-resolver.service';
import { openDatabase, type Database } from './platform/database';
import { createLog, type LogStream } from './platform/log';
import { ProviderApi } from './providers/provider-api';
import { Cipher } from './vault/cipher';
import { checkMasterKeys } from './vault/master-key-check';

export interface App {
  readonly server: Server;
  readonly database: Database;
  readonly cipher: Cipher;
  /** Finishes what is in flight, then lets go of the database. */
  close(): Promise<void>;
}

export interface AppOptions {
  /** Where log lines go; standard output when not given. */
  readonly logStream?: LogStream;
  readonly playgroundTokens?: PlaygroundTokens;
}

/** The only place that wires things together. Listens to nothing yet. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const database = await openDatabase(config.databaseUrl, { entities, migrations });
  try {
    await checkMasterKeys(database, config.keyRing, await masterKeysInUse(database));
    const cipher = new Cipher(config.keyRing);
    const identities = createIdentityVerifier({ issuer: config.authIssuer, audience: config.authAudience });
    const services = createServices(config, database, cipher);
    const server = await createServer({
      schema: guard(buildBareSchema(services)),
      identify: async (header) => {
        if (carriesServiceToken(header)) return services.serviceTokens.viewerOf(header);
        const identity = await identities.identify(header);
        return identity && viewerOf(database, identity);
      },
      isReady: () => database.read.query('SELECT 1'),
      log: createLog(config.logLevel, options.logStream),
      playground: config.playground ? (options.playgroundTokens ?? {}) : null,
    });
    return { server, database, cipher, close: () => server.close().then(() => database.close()) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function createServices(config: Config, database: Database, cipher: Cipher): Services {
  const providers = new ProviderApi(config.baseUrls, config.providerTimeoutMs);
  const clients = new ClientService(database);
  const agents = new AgentService(database, clients);
  const keyResolver = new KeyResolverService(database, cipher);
  return {
    serviceTokens: new ServiceTokenService(database),
    agencies: new AgencyService(database),
    clients,
    agents,
    keys: new ApiKeyService(database, cipher, providers, clients),
    keyChecks: new KeyCheckService(database, cipher, providers),
    keyResolver,
    calls: new CallService(database, agents, clients, keyResolver, providers),
  };
}

async function masterKeysInUse(database: Database): Promise<string[]> {
  const rows = await database.read
    .createQueryBuilder(ApiKeyVersionRow, 'v')
    .select('DISTINCT v.masterKey', 'name')
    .where({ masterKey: Not(IsNull()) })
    .getRawMany<{ name: string }>();
  return rows.map((row) => row.name);
}
