import { expect, it } from 'vitest';
import { isLoopback } from './is-loopback.js';

it.each([
  '127.0.0.1:50051',
  '127.9.9.9:1',
  'localhost:50051',
  'LOCALHOST:1',
  '[::1]:50051',
  'dns:///localhost:50051',
  'dns:127.0.0.1:1',
  'ipv4:127.0.0.1:1',
  'ipv6:[::1]:1',
  'unix:/run/resmask.sock',
])('%s stays on this machine', (address) => {
  expect(isLoopback(address)).toBe(true);
});

it.each([
  '0.0.0.0:50051',
  '[::]:50051',
  '10.0.0.1:50051',
  'registry:50052',
  'localhost.example:1',
  '127.0.0.1.example:1',
  '1127.0.0.1:1',
  'dns:///registry:1',
  'dns://8.8.8.8/localhost:1',
  'ipv4:127.0.0.1:1,10.0.0.1:1',
  '',
])('%s does not', (address) => {
  expect(isLoopback(address)).toBe(false);
});
