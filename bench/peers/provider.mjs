// Stands in for Bland: answers at once that a key is good, or that a call is placed.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

createServer((request, response) => {
  request.resume().on('end', () => {
    const answer =
      request.method === 'POST' ? { status: 'success', call_id: randomUUID() } : { status: 'active' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
