import { canBePublicHost, isPublicAddress, lookUpPublic } from '../../src/platform/public-address';

test.each([
  ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '192.0.2.1', '::1', '::', 'fe80::1', 'fc00::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1'],
  ...['::127.0.0.1', '::a00:1', '::ffff:1.1.1.1'],
  ...['', 'example.com', '1.2.3'],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '52.94.236.248', '2606:4700:4700::1111'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test('a host is a name, or an address that is public', () => {
  for (const host of ['files.example', '1.1.1.1', '[2606:4700:4700::1111]'])
    expect(canBePublicHost(host)).toBe(true);
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]']) expect(canBePublicHost(host)).toBe(false);
});

test.each([true, false])('a name that leads to this machine is not looked up (all: %s)', async (all) => {
  const error = await new Promise((resolve) => lookUpPublic('localhost', { all }, resolve));
  expect(error).toMatchObject({ message: 'The name leads to an address that is not public' });
});

test('a name that is not there is an error of the lookup', async () => {
  const error = await new Promise((resolve) => lookUpPublic('nowhere.invalid', {}, resolve));
  expect(error).toHaveProperty('code');
});
