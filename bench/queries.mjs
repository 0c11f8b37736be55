// What is asked, of every system in the same words.
export const CLIENT = `id name
      apiKeys { provider isSet maskedKey status version }
      agents { nodes { id name provider providerAgentId } }`;

export const QUERIES = {
  list: {
    title: 'list of 50 clients with masked keys and agents',
    query: `query List { clients(first: 50) { nodes { ${CLIENT} } } }`,
  },
  one: {
    title: 'one client by id, with keys and agents',
    query: `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`,
  },
};

/** The schema of the peers, written by hand as their tutorials have it. */
export const TYPE_DEFS = `
  enum Provider { RETELL VAPI BLAND }
  type Query { clients(first: Int): ClientConnection! client(id: ID!): Client }
  type ClientConnection { nodes: [Client!]! }
  type Client { id: ID! name: String! apiKeys: [ApiKey!] agents: AgentConnection }
  type AgentConnection { nodes: [Agent!]! }
  type Agent { id: ID! name: String! provider: Provider! providerAgentId: String }
  type ApiKey { provider: Provider! isSet: Boolean! maskedKey: String status: String! version: Int! }
`;
