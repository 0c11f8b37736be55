import { PersonRow } from './access/person.entity';
import { ServiceTokenRow } from './access/service-token.entity';
import { AgencyRow } from './agencies/agency.entity';
import { AgentRow } from './agents/agent.entity';
import { CallRow } from './calls/call.entity';
import { ClientRow } from './clients/client.entity';
import { ApiKeyRow, ApiKeyVersionRow } from './keys/api-key.entity';
import { MasterKeyCheckRow } from './vault/master-key.entity';

export const entities = [AgencyRow, ClientRow, PersonRow, ServiceTokenRow, AgentRow, ApiKeyRow, ApiKeyVersionRow, MasterKeyCheckRow, CallRow];
