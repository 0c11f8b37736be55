import { dataSourceOptions } from '../../src/database/database';

const mapping = { entities: [], migrations: [] };

test.each([
  [' SQLite:latchkey.sqlite', { type: 'better-sqlite3', database: 'latchkey.sqlite' }],
  [' MySQL://root@db.internal/latchkey', { type: 'mysql', host: 'db.internal', database: 'latchkey' }],
  ['MARIADB://root@db.internal/latchkey ', { type: 'mariadb', host: 'db.internal', database: 'latchkey' }],
])(
  'the address %j is opened as the configuration accepts it, whatever its case and blanks',
  (url, options) => {
    expect(dataSourceOptions(url, mapping)).toMatchObject(options);
  },
);
