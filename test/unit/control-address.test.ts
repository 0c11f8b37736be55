import { isOwnAddress } from '../../src/providers/control-address';

test.each([
  ['https://phone-call-websocket.aws-us-west-2-backend-production1.vapi.ai/1/control', true],
  ['https://vapi.ai/control', true],
  ['https://api.eu.vapi.ai/control', true],
  ['http://127.0.0.1:4000/control', true],
  ['http://127.0.0.1:4001/control', false],
  ['https://127.0.0.1:4000/control', false],
  ['http://api.vapi.ai/control', false],
  ['https://api.vapi.ai:8443/control', false],
  ['https://user:pass@api.vapi.ai/control', false],
  ['https://api.vapi.ai@evil.example/control', false],
  ['https://evilvapi.ai/control', false],
  ['https://vapi.ai.evil.example/control', false],
  ['https://evil.example/.vapi.ai', false],
  ['https://evil.example\\.vapi.ai/', false],
  ['wss://api.vapi.ai/control', false],
  ['file:///etc/passwd', false],
  ['//api.vapi.ai/control', false],
  ['', false],
  [`https://api.vapi.ai/${'x'.repeat(3000)}`, false],
])('%s is an address of Vapi at which it ends calls: %s', (address, isOwn) => {
  expect(isOwnAddress(address, 'vapi.ai', 'http://127.0.0.1:4000')).toBe(isOwn);
});
