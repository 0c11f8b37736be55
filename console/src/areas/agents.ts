export { AgentPage } from '../pages/agent';
export { AgentsPage, ClientAgents } from '../pages/agents';
export { ImportPage } from '../pages/import';
