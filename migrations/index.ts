import { Initial1763900000000 } from './1763900000000-initial';
import { ServiceTokens1763910000000 } from './1763910000000-service-tokens';
import { Audit1763920000000 } from './1763920000000-audit';
import { VaultKeys1763930000000 } from './1763930000000-vault-keys';
import { Invitations1763940000000 } from './1763940000000-invitations';
import { CallTimes1763950000000 } from './1763950000000-call-times';
import { HandIns1763960000000 } from './1763960000000-hand-ins';
import { PeopleOfSeveralAgencies1763970000000 } from './1763970000000-people-of-several-agencies';
import { LiveVersions1763980000000 } from './1763980000000-live-versions';
import { OneSecretAKey1763990000000 } from './1763990000000-one-secret-a-key';
import { AgentsInTheirIndex1764000000000 } from './1764000000000-agents-in-their-index';
import { KeyInItsRow1764010000000 } from './1764010000000-key-in-its-row';
import { CallUpdates1764080000000 } from './1764080000000-call-updates';
import { PlacesCarryAMac1764090000000 } from './1764090000000-places-carry-a-mac';
import { CreatedBy1764095000000 } from './1764095000000-created-by';
import { UsedSealedKeys1764100000000 } from './1764100000000-used-sealed-keys';
import { RefusedKeysOfLinks1764120000000 } from './1764120000000-refused-keys-of-links';
import { AgentsByProviderAgent1764130000000 } from './1764130000000-agents-by-provider-agent';
import { AskedKeysOfLinks1764140000000 } from './1764140000000-asked-keys-of-links';
import { MakersFromTheTrail1764150000000 } from './1764150000000-makers-from-the-trail';
import { EventsChainedLater1764240000000 } from './1764240000000-events-chained-later';
import { AskedAtOfLinks1764250000000 } from './1764250000000-asked-at-of-links';
import { LiveCalls1764260000000 } from './1764260000000-live-calls';
import { CallFacts1764270000000 } from './1764270000000-call-facts';
import { WebhookEndpoints1764280000000 } from './1764280000000-webhook-endpoints';
import { CallRevisions1764290000000 } from './1764290000000-call-revisions';
import { FilteredCalls1764300000000 } from './1764300000000-filtered-calls';
import { CallsOfProviders1764310000000 } from './1764310000000-calls-of-providers';
import { CallsToAskAbout1764320000000 } from './1764320000000-calls-to-ask-about';
import { KindsOfAgents1764330000000 } from './1764330000000-kinds-of-agents';
import { KeyHealth1764340000000 } from './1764340000000-key-health';
import { OutgoingWebhooks1764350000000 } from './1764350000000-outgoing-webhooks';
import { Reconciliations1764360000000 } from './1764360000000-reconciliations';
import { GatewayTokens1764390000000 } from './1764390000000-gateway-tokens';
import { GatewayAttempts1764400000000 } from './1764400000000-gateway-attempts';
import { TimeZones1764410000000 } from './1764410000000-time-zones';
import { Rates1764411000000 } from './1764411000000-rates';
import { Statements1764412000000 } from './1764412000000-statements';
import { CallSums1764420000000 } from './1764420000000-call-sums';
import { StatementsInOrder1764430000000 } from './1764430000000-statements-in-order';
import { AddressesOfTwoRotations1764440000000 } from './1764440000000-addresses-of-two-rotations';
import { SumsOfHours1764450000000 } from './1764450000000-sums-of-hours';
import { WebhooksOfAlerts1764460000000 } from './1764460000000-webhooks-of-alerts';
import { TimeOfFailure1764470000000 } from './1764470000000-time-of-failure';
import { LongStatements1764480000000 } from './1764480000000-long-statements';
import { LateCosts1764490000000 } from './1764490000000-late-costs';
import { DeliveriesGivenUp1764500000000 } from './1764500000000-deliveries-given-up';
import { BearersOfCalls1764520000000 } from './1764520000000-bearers-of-calls';
import { SumsOfUnknownDurations1764530000000 } from './1764530000000-sums-of-unknown-durations';

/** In the order in which they run. */
export const migrations = [
  Initial1763900000000,
  ServiceTokens1763910000000,
  Audit1763920000000,
  VaultKeys1763930000000,
  Invitations1763940000000,
  CallTimes1763950000000,
  HandIns1763960000000,
  PeopleOfSeveralAgencies1763970000000,
  LiveVersions1763980000000,
  OneSecretAKey1763990000000,
  AgentsInTheirIndex1764000000000,
  KeyInItsRow1764010000000,
  CallUpdates1764080000000,
  PlacesCarryAMac1764090000000,
  CreatedBy1764095000000,
  UsedSealedKeys1764100000000,
  RefusedKeysOfLinks1764120000000,
  AgentsByProviderAgent1764130000000,
  AskedKeysOfLinks1764140000000,
  MakersFromTheTrail1764150000000,
  EventsChainedLater1764240000000,
  AskedAtOfLinks1764250000000,
  LiveCalls1764260000000,
  CallFacts1764270000000,
  WebhookEndpoints1764280000000,
  CallRevisions1764290000000,
  FilteredCalls1764300000000,
  CallsOfProviders1764310000000,
  CallsToAskAbout1764320000000,
  KindsOfAgents1764330000000,
  KeyHealth1764340000000,
  OutgoingWebhooks1764350000000,
  Reconciliations1764360000000,
  GatewayTokens1764390000000,
  GatewayAttempts1764400000000,
  TimeZones1764410000000,
  Rates1764411000000,
  Statements1764412000000,
  CallSums1764420000000,
  StatementsInOrder1764430000000,
  AddressesOfTwoRotations1764440000000,
  SumsOfHours1764450000000,
  WebhooksOfAlerts1764460000000,
  TimeOfFailure1764470000000,
  LongStatements1764480000000,
  LateCosts1764490000000,
  DeliveriesGivenUp1764500000000,
  BearersOfCalls1764520000000,
  SumsOfUnknownDurations1764530000000,
];
