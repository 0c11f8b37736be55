import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CHECKED_EVERY_MS = 1_000;

/**
 * Follows the connections of a server, and returns what cuts off those that would keep it from closing: Node
 * waits for a connection on which nothing was received, or half a request, and no longer looks how long that
 * takes. A connection with a whole request that is not answered yet is never cut off.
 */
export function followConnections(server: Server): () => void {
  const connections = new Map<Socket, Set<IncomingMessage>>();
  server.on('connection', (socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const unanswered = connections.get(request.socket);
    unanswered?.add(request);
    response.once('close', () => unanswered?.delete(request));
  });
  return () => {
    const began = Date.now();
    const cut = () => {
      const isLate = Date.now() - began >= server.requestTimeout;
      for (const [socket, unanswered] of connections) {
        const isAnswered = [...unanswered].some(({ complete }) => complete);
        if (socket.bytesRead === 0 || (isLate && !isAnswered)) socket.destroy();
      }
    };
    cut();
    const cutting = setInterval(cut, CHECKED_EVERY_MS);
    server.once('close', () => clearInterval(cutting));
  };
}
