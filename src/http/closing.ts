import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CHECKED_EVERY_MS = 1_000;
/** The request of a connection that was accepted just now may lie with the kernel, and is not read yet. */
const UNREAD_FOR_MS = 1_000;

interface Connection {
  readonly openedAt: number;
  readonly unanswered: Set<IncomingMessage>;
}

/**
 * Follows the connections of a server, and returns what cuts off those that would keep it from closing: Node
 * waits for a connection on which nothing was received, or half a request, and no longer looks how long that
 * takes. A connection with a whole request that is not answered yet is never cut off.
 */
export function followConnections(server: Server): () => void {
  const connections = new Map<Socket, Connection>();
  server.on('connection', (socket) => {
    connections.set(socket, { openedAt: Date.now(), unanswered: new Set() });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const unanswered = connections.get(request.socket)?.unanswered;
    unanswered?.add(request);
    response.once('close', () => unanswered?.delete(request));
  });
  return () => {
    const began = Date.now();
    const cut = () => {
      const now = Date.now();
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
}
