import { readFileSync } from 'node:fs';
import { measureInProcess } from './in-process.mjs';
for (const url of ['sqlite:/tmp/prof/bench.sqlite','mariadb://root@127.0.0.1:3306/prof_bench']) {
  const env = { DATABASE_URL: url, LATCHKEY_MASTER_KEY_FILE: '/tmp/prof/master.keys', AUTH_ISSUER: 'http://127.0.0.1:1/', AUTH_AUDIENCE: 'x' };
  for (const l of await measureInProcess(env, 5000)) console.log(url.slice(0,8), l.title, l.productUs.toFixed(1), l.byHandUs.toFixed(1), (l.productUs/l.byHandUs).toFixed(2));
}
