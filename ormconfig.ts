import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { migrations } from './migrations';
import { entities } from './src/entities';
import { dataSourceOptions } from './src/database/database';

/** For TypeORM's own command line, e.g. `npx typeorm migration:show -d dist/ormconfig.js`. */
export default new DataSource(
  dataSourceOptions(process.env.DATABASE_URL ?? 'sqlite:.latchkey/demo.sqlite', { entities, migrations }),
);
