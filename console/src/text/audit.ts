export * from './common';

export const audit = {
  title: 'Audit trail',
  lead: 'Every change and every use of a key, the newest first.',
  what: 'What',
  who: 'Who',
  about: 'About',
  version: (version: number) => `version ${version}`,
  words: (type: string) => {
    const words = type
      .toLowerCase()
      .replaceAll('_', ' ')
      .replace('api ', 'API ')
      .replace('hand in', 'hand-in');
    return words.slice(0, 1).toUpperCase() + words.slice(1);
  },
  actor: {
    PERSON: 'Person',
    SERVICE_TOKEN: 'Service token',
    GATEWAY_TOKEN: 'Gateway token',
    KEY_LINK: 'One-time link',
    OPERATOR: 'Operator',
    SYSTEM: 'Latchkey itself',
  },
  empty: 'No event is like this',
  emptyHint: 'Choose another kind, or other days.',
};
