import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CHECKED_EVERY_MS = 1_000;
/** The request of a connection that was accepted just now may lie with the kernel, and is not read yet. */
const UNREAD_FOR_MS = 1_000;

interface Connection {
  readonly openedAt: number;
  readonly unanswered: Set<IncomingMessage>;
}

export interface FollowedConnections {
  /** How many requests are not answered yet. */
  readonly openRequests: () => number;
  /**
   * Cuts off connections that would keep the server from closing: Node waits for one on which nothing was
   * received, or half a request, and no longer looks how long that takes. A connection with a whole request
   * that is not answered yet is never cut off.
   */
  readonly cutOffUnused: () => void;
}

/** Follows the connections of a server. */
export function followConnections(server: Server): FollowedConnections {
  const connections = new Map<Socket, Connection>();
  server.on('connection', (socket) => {
    connections.set(socket, { openedAt: performance.now(), unanswered: new Set() });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const unanswered = connections.get(request.socket)?.unanswered;
    unanswered?.add(request);
    response.once('close', () => unanswered?.delete(request));
  });
  const cutOffUnused = () => {
    const began = performance.now();
    const cut = () => {
      const now = performance.now();
      const isLate = now - began >= server.requestTimeout;
      for (const [socket, { openedAt, unanswered }] of connections) {
        const isSilent = socket.bytesRead === 0 && now - openedAt >= UNREAD_FOR_MS;
        const waitsForAnswer = [...unanswered].some(({ complete }) => complete);
        if (isSilent || (isLate && !waitsForAnswer)) socket.destroy();
      }
    };
    const cutting = setInterval(cut, CHECKED_EVERY_MS);
    server.once('close', () => clearInterval(cutting));
  };
  const openRequests = () =>
    [...connections.values()].reduce((count, { unanswered }) => count + unanswered.size, 0);
  return { openRequests, cutOffUnused };
}
