// A provider that answers at once: that a call is placed (Bland), with a file of as many bytes as FILE_BYTES
// says, or with a document of about 1 KB.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const document = Buffer.from(
  JSON.stringify({ agent_id: 'agent', agent_name: 'Front desk', prompt: 'Be kind. '.repeat(100) }),
);
const file = Buffer.alloc(Number(process.env.FILE_BYTES ?? 0), 'ab');

function answerTo({ method, url }) {
  if (method === 'POST' && url === '/v1/calls')
    return Buffer.from(JSON.stringify({ status: 'success', call_id: randomUUID() }));
  return url.startsWith('/list-voices') ? file : document;
}

createServer((request, response) => {
  const body = answerTo(request);
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
