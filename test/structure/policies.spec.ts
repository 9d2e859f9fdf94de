import { expect, it } from 'vitest';
import { EVALUATION_POLICIES } from '../../apps/evaluation/dist/start-evaluation.js';
import { INFERENCE_POLICIES } from '../../apps/inference/dist/start-inference.js';
import { REGISTRY_POLICIES } from '../../apps/registry/dist/start-registry.js';
import { loadDescriptors, methodsOf } from '../support/any-call.js';

const POLICIES = { ...INFERENCE_POLICIES, ...REGISTRY_POLICIES, ...EVALUATION_POLICIES };

/** Roles by service and RPC, as a table. */
const roles = Object.fromEntries(
  Object.entries(POLICIES).map(([service, policy]) => [
    service,
    Object.fromEntries(Object.entries(policy).map(([rpc, row]) => [rpc, row === 'authenticated' ? row : row.role])),
  ]),
);

it('says of every RPC of the contracts who may call it, and of no other', () => {
  const described = methodsOf(loadDescriptors()).map(
    ({ service, method }) => `${service}/${method[0].toLowerCase()}${method.slice(1)}`,
  );
  const ruled = Object.entries(POLICIES).flatMap(([service, policy]) =>
    Object.keys(policy).map((rpc) => `${service}/${rpc}`),
  );
  expect(described.length).toBeGreaterThan(0);
  expect(ruled.sort()).toEqual(described.sort());
});

it('lets everybody who is known only see the server, and be told what it does not have', () => {
  const forEverybody = Object.values(roles).flatMap((rpcs) =>
    Object.entries(rpcs).flatMap(([rpc, role]) => (role === 'authenticated' ? [rpc] : [])),
  );
  expect(forEverybody.filter((rpc) => !/^server|SharedMemory|^(trace|log)Setting/.test(rpc))).toEqual([]);
});

it('lets viewers read and nothing else', () => {
  const forViewers = Object.values(roles).flatMap((rpcs) =>
    Object.entries(rpcs).flatMap(([rpc, role]) => (role === 'viewer' ? [rpc] : [])),
  );
  expect(
    forViewers.filter(
      (rpc) =>
        !/^(get|list|batchGet|watch|resolve|download|recognize|streamFrames|explain|model|repositoryIndex)/.test(rpc),
    ),
  ).toEqual([]);
});
