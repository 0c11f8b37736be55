import { PersonRow } from './access/person.entity';
import { AgencyRow } from './agencies/agency.entity';
import { AgentRow } from './agents/agent.entity';
import { CallRow } from './calls/call.entity';
import { ClientRow } from './clients/client.entity';
import { ApiKeyRow, ApiKeyVersionRow } from './keys/api-key.entity';
import { MasterKeyCheckRow } from './vault/master-key.entity';

export const entities = [AgencyRow, ClientRow, PersonRow, AgentRow, ApiKeyRow, ApiKeyVersionRow, MasterKeyCheckRow, CallRow];
