// A provider that answers at once: a document of about 1 KB, or a file of as many bytes as FILE_BYTES says.
import { createServer } from 'node:http';

const document = Buffer.from(
  JSON.stringify({ agent_id: 'agent', agent_name: 'Front desk', prompt: 'Be kind. '.repeat(100) }),
);
const file = Buffer.alloc(Number(process.env.FILE_BYTES), 'ab');

createServer((request, response) => {
  const body = request.url.startsWith('/list-voices') ? file : document;
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
