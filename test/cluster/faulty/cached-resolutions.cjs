// Loaded before an instance: what was resolved for an agent is remembered for a second.
require('reflect-metadata');
const { KeyResolverService } = require('../../../dist/src/keys/resolution/key-resolver.service');

const LIFETIME_MS = 1_000;
const remembered = new Map();
const { resolve } = KeyResolverService.prototype;
KeyResolverService.prototype.resolve = function cachedResolve(agencyId, agentId) {
  const found = remembered.get(agentId);
  if (found && found.until > Date.now()) return found.resolution;
  const resolution = resolve.call(this, agencyId, agentId);
  remembered.set(agentId, { resolution, until: Date.now() + LIFETIME_MS });
  return resolution;
};
