import { newPlaceMacKey, PlaceMacs, type PlaceFacts } from '../../src/vault/place-macs';

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

test('a row that says anything else has another MAC, also where that of the same row is remembered', () => {
  const key = newPlaceMacKey();
  const macs = new PlaceMacs(key);
  const first = macs.of(FACTS);
  for (const [fact, other] of Object.entries(OTHERS)) {
    const changed: PlaceFacts = { ...FACTS, [fact]: other };
    const mac = macs.of(changed);
    expect(mac).not.toBe(first);
    expect(mac).toBe(new PlaceMacs(key).of(changed));
    expect(macs.of(changed)).toBe(mac);
    expect(macs.of(FACTS)).toBe(first);
  }
});
