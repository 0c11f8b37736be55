import { newPlaceMacKey, PlaceMacs, type PlaceFacts, type PlaceWithMac } from '../../src/vault/place-macs';

const FACTS: PlaceFacts = {
  id: '01900000-0000-7000-8000-000000000501',
  agencyId: '01900000-0000-7000-8000-000000000001',
  ownerType: 'CLIENT',
  ownerId: '01900000-0000-7000-8000-000000000101',
  provider: 'RETELL',
  version: 1,
  region: 'DEFAULT',
  isSet: true,
  secretEnd: 'end',
};
const OTHERS: Omit<PlaceFacts, 'id'> = {
  agencyId: '01900000-0000-7000-8000-000000000002',
  ownerType: 'AGENCY',
  ownerId: '01900000-0000-7000-8000-000000000102',
  provider: 'VAPI',
  version: 2,
  region: 'EU',
  isSet: false,
  secretEnd: null,
};

const ROW = { ...FACTS, id: '01900000-0000-7000-8000-000000000502' };

function written(macs: PlaceMacs, place: PlaceFacts): PlaceWithMac {
  return { ...place, mac: macs.of(place) };
}

test.each(Object.entries(OTHERS))('a row that says another %s is not genuine', (fact, other) => {
  const macs = new PlaceMacs(newPlaceMacKey());
  const rows = [written(macs, FACTS), written(macs, ROW)];
  const forged = { ...written(macs, ROW), [fact]: other };
  for (const reading of [rows, rows, [written(macs, FACTS), forged], rows]) {
    const isGenuine = macs.judge(reading);
    expect(reading.map(isGenuine)).toEqual(reading.map((row) => row !== forged));
  }
});

test('rows are judged alike by whoever holds the same key, and not by anybody else', () => {
  const key = newPlaceMacKey();
  const rows = [written(new PlaceMacs(key), FACTS)];
  expect(rows.map(new PlaceMacs(key).judge(rows))).toEqual([true]);
  expect(rows.map(new PlaceMacs(newPlaceMacKey()).judge(rows))).toEqual([false]);
});

const COLUMNS = [...Object.keys(FACTS), 'mac'] as (keyof PlaceWithMac)[];

// Whatever is no 0 stands for a key that is set.
test.each(COLUMNS.filter((column) => column !== 'isSet'))(
  'a row whose %s holds what stands between it and that of another row does not stand for both',
  (column) => {
    const macs = new PlaceMacs(newPlaceMacKey());
    const [first, second] = [written(macs, FACTS), written(macs, ROW)];
    expect([first, second].map(macs.judge([first, second]))).toEqual([true, true]);
    const at = COLUMNS.indexOf(column);
    const lines = [first, second].flatMap((row) => COLUMNS.map((name) => String(row[name])));
    const both = lines.slice(at, at + COLUMNS.length + 1).join('\n');
    const forged = Object.fromEntries(
      COLUMNS.map((name, index) => [name, index < at ? first[name] : index > at ? second[name] : both]),
    ) as unknown as PlaceWithMac;
    expect([forged].map(macs.judge([forged]))).toEqual([false]);
  },
);
