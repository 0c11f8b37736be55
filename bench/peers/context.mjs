import DataLoader from 'dataloader';
import { openRows } from './rows.mjs';

const rows = openRows(process.env.DATABASE_URL);

/** One a request: who asks, and the loaders that batch. */
export function contextOf(headers) {
  const agency = headers['x-agency'];
  return {
    agency,
    viewer: { role: headers['x-role'] },
    rows,
    keys: new DataLoader((ids) => rows.keys(agency, ids)),
    agents: new DataLoader((ids) => rows.agents(agency, ids)),
  };
}
